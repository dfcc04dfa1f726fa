#include "nano/text.h"

namespace nano {

std::string_view built_in_text() {
  return R"(The grain comes in from the fields at the end of summer, and the keeper of the store
weighs it at the door. What is weighed is written down. What is written down can be lent, and what
is lent must come back. So the store is two things at once: a house full of grain, and a
book that says whose grain it is.

A good keeper never asks how much is wanted. A good keeper asks how much there is, who came first,
and what was promised. When the harvest is poor the promises matter more than the grain. A sack
that is set aside for spring may not be eaten in winter, even if the hungry stand at the gate,
unless the one it was set aside for says yes. Then the book is changed, and both sign it.

There are many kinds of grain. Wheat keeps for years if it stays dry. Barley keeps for less. Oats
are for the horses, but in a hard year people eat oats and are glad. The keeper knows which grain
will do for which purpose, and says so before anyone has carried a sack home. It is no use to sell
wheat to one who needs seed, and no use to sell seed to one who needs bread.

The store has doors on three sides. By the first door the carts come in. By the second door the
sacks go out. The third door is narrow, and it is for the weights. Every morning the weights are
carried out into the light and laid on the stone, the great weight and the small weights, and they
are compared. If a weight has lost a little of its edge, everything it has weighed is weighed
again. People laugh at this. They do not laugh in the years when the weights were wrong.

A weight is a number that has learned something. At first it is nothing, a small number picked by
chance. Then an example comes, and the number is a little wrong, and it is moved a little. Another
example comes, and it is moved again. After many examples the number is still a small number, but
now it is the right small number, and together with many others it can say what comes next. Nobody
wrote down what comes next. It was in the examples all along, as the flour was in the grain.

What has been learned can be lost. A lamp falls, a roof leaks, a river rises in the night. So the
keeper copies the book, and the copy is kept in another house. Not every day, for copying takes
time that the harvest does not give; and not every year, for a year of work is too much to lose.
Often enough, says the old rule: often enough that you could bear to do again what was done since.

When the work is stopped, it is stopped at once. The one who needs the room does not wait for the
page to be finished. What was written since the last copy is gone, and nobody pays for it. Then,
when there is room again, the copy is opened, and the work goes on from the line where the copy
ends, as if nothing had happened. The same hand, the same weights, the same words in the same
order.

Some come to the store to buy, and some come with a paper from the city. The paper says: this many
sacks, for this purpose, before this day. The keeper reads the paper twice. If the day has passed,
the paper is only paper. If the purpose is bread, it will not buy seed. If all is in order, the
sacks are set aside first and carried out as they are used, and when the work is done, what was
set aside and was not used goes back on the pile, and the paper says how much of it is left.

At the end of the year the keeper closes the doors and counts. So many sacks came in. So many went
out. So many are set aside, so many were spoiled, and so many are here. The two sides must be
equal. If they are not equal, nothing else is done until they are. Then the keeper opens the first
door again, because the carts are already waiting, and the grain comes in from the fields.
)";
}

}  // namespace nano
