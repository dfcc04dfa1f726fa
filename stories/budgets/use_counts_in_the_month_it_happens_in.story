# A job across the turn of the month is held from two months' budgets, each for its own hours, and what
# it gives back goes back to the month it was taken from.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  team = "vision"
  accept = ["cpu x 4"]
  expected = "4 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 500 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary account budget --tenant lab --team vision --amount 20
        exit 0
at 14340m $ granary submit job.toml --yes
        exit 0
at 14341m expect account BUDGET:lab/vision/CNY/2026-11 20.00 held 4.80
at 14341m expect account BUDGET:lab/vision/CNY/2026-12 20.00 held 14.40    expect v-1 held 19.20
worker  j-1 progress step=1 checkpoint=c1 at 14430m
worker  j-1 lost "node gone" at 14460m
at 14461m expect account BUDGETUSED:lab/vision/CNY/2026-11 4.80    expect account BUDGETUSED:lab/vision/CNY/2026-12 2.40
at 14461m expect revenue local 7.20
at 14461m $ granary job cancel j-1 --yes
        exit 0
end     books balanced, replay equal
