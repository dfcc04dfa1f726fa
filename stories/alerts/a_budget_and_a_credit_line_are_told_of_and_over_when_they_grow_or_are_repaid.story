# A month's budget and a credit line, each at 50, 80 and 95 %. A larger budget or a repayment ends the
# alert; the next month begins without one.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
file job.toml
  payer = "lab"
  team = "vision"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary account credit --tenant lab --amount 6
        exit 0
at 0s   $ granary account budget --tenant lab --team vision --amount 8
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
worker  j-1 exit 0 at 1h
at 61m  $ granary alerts
        exit 0  ~ '50 %  21 Nov 01:00  the budget of team vision of lab for 2026-11 is 60.0 % used: 4.80 of 8.00'  ~ '80 %  21 Nov 01:00  the credit line of lab is 80.0 % used: 4.80 of 6.00'
at 2h   $ granary account top-up lab --amount 2
        exit 0
at 2h   $ granary alerts --json
        exit 0  ~ '"subject": "lab/vision/CNY/month"'
at 2h   $ granary account budget --tenant lab --team vision --amount 10
        exit 0
at 2h   $ granary account credit --tenant lab --amount 100
        exit 0
at 2h   $ granary alerts
        exit 0  ~ There is no alert.
at 2h   $ granary account budget --tenant lab --team vision --amount 5
        exit 0
at 2h   $ granary alerts
        exit 0  ~ '95 %  21 Nov 02:00  the budget of team vision of lab for 2026-11 is 96.0 % used'
at 10d  $ granary alerts
        exit 0  ~ There is no alert.
end     books balanced, replay equal
