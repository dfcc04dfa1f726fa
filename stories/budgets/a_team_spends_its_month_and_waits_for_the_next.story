# A team may spend 10.00 a month. Over it a job waits, is told why, and starts with the next month.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  team = "vision"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 500 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 3  ~ error G2110  ~ lab has no team
at 0s   $ granary account budget --tenant lab --team vision --per month --amount 10
        exit 0  ~ team vision of lab may spend 10.00 a month: 0.00 used, 0.00 held, 10.00 left of 2026-11
at 0s   $ granary submit job.toml --yes --team visoin
        exit 3  ~ error G2110  ~ Did you mean vision?
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   expect j-1 running    expect account BUDGET:lab/vision/CNY/2026-11 10.00 held 4.80
worker  j-1 exit 0 at 1h
at 61m  expect account BUDGETUSED:lab/vision/CNY/2026-11 4.80    expect v-1 left 495.20
at 61m  $ granary submit job.toml --yes
        exit 0
worker  j-2 exit 0 at 121m
at 3h   $ granary account budgets --tenant lab
        exit 0  ~ 'vision  month  2026-11   10.00  9.60  0.00  0.40  CNY'
at 3h   $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ the budget of team vision of lab for 2026-11 has 0.40 of 10.00 left; that of the next month begins on 2026-12-01T00:00:00Z. The job needs 4.80, of which 0.40 can be paid.
at 3h   $ granary submit job.toml --yes --wait-for-funds
        exit 0
at 3h   expect j-3 waiting because funds_short
at 3h   $ granary explain j-3
        exit 0  ~ the budget of team vision of lab for 2026-11 has 0.40 of 10.00 left; that of the next month begins on 2026-12-01T00:00:00Z
at 9d   expect j-3 waiting
at 14400m expect j-3 running because fits    expect account BUDGET:lab/vision/CNY/2026-12 10.00 held 4.80
worker  j-3 exit 0 at 14430m
at 14431m expect account BUDGETUSED:lab/vision/CNY/2026-12 2.40    expect account BUDGETUSED:lab/vision/CNY/2026-11 9.60
end     books balanced, replay equal
