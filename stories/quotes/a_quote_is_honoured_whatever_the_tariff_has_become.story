# A price is promised for half an hour, and kept by the hold although the job starts later.
stock   local/cpu 1 x 4        tariff local/cpu "8.00 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]
file recipe.toml
  payer = "lab"
  name = "from-a-quote"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary submit job.toml --yes
at 1m   expect j-1 running    expect v-1 left 68.00 held 32.00
at 5m   $ granary quote job.toml
        exit 0  ~ q-1 for lab: work, good until 21 Nov 00:35 UTC  ~ q-1#1  ~ 32.00
at 10m  tariff local/cpu "12.00 CNY per chip-hour"
        exit 0
# A menu and a dry run show what would really be held.
at 11m  $ granary submit job.toml --dry-run
        exit 0  ~ 48.00
at 12m  $ granary submit recipe.toml --quote q-1#1 --dry-run
        exit 0  ~ would submit work for lab  ~ 32.00
at 20m  $ granary submit recipe.toml --quote q-1#1 --yes
        exit 0  ~ j-2 accepted
at 21m  $ granary quote show q-1
        exit 0  ~ j-2 has it
at 21m  $ granary submit recipe.toml --quote q-1#1 --yes
        exit 4  ~ G4102
at 50m  restart
# It starts when the chips are free, long after the quote has expired.
worker  j-1 exit 0 at 1h
at 61m  expect j-1 finished    expect j-2 running    expect v-1 left 36.00 held 32.00
worker  j-2 exit 0 at 90m
at 91m  expect j-2 finished    expect v-1 left 52.00 held 0.00    expect revenue local 48.00
end     books balanced, replay equal
