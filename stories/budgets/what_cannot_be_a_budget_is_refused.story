# Refused with one sentence, and nothing changes.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  team = "vision"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary account budget --tenant lab --team "a/b" --amount 5
        exit 2  ~ error G1110
at 0s   $ granary account budget --tenant lab --team "*" --amount 5
        exit 2  ~ error G1110
at 0s   $ granary account budget --tenant lab --team vision --amount -5
        exit 2  ~ error G1111  ~ at least 0.00
at 0s   $ granary account budget --tenant lab --team vision --amount 1000000000001
        exit 2  ~ error G1111
at 0s   $ granary account budget --tenant lab --team vision --amount 5 --asset hour
        exit 2  ~ error G1017
at 0s   $ granary account budget --tenant lab --team vision --amount 5 --per week
        exit 2  ~ error G1001  ~ use month or ever
at 0s   $ granary account budget --tenant lab --team vision
        exit 2  ~ error G1000
at 0s   $ granary account budget --tenant lab --team vision --amount 5 --lift
        exit 2  ~ error G1000
at 0s   $ granary account budget --tenant lab --team vision --amount 5 --dry-run
        exit 0  ~ would be
at 0s   $ granary account budgets
        exit 0  ~ There is no budget.
at 0s   $ granary account budget --tenant lab --team vision --amount 5 --asset USD
        exit 0
at 0s   $ granary account top-up lab --amount 100
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ team vision of lab has no budget in CNY
at 0s   $ granary reserve create --chips "cpu x 1" --for 1h --payer lab --team audio --yes
        exit 3  ~ error G2110  ~ lab has no team
at 0s   $ granary reserve create --chips "cpu x 1" --for 1h --payer lab --team vision --yes
        exit 4  ~ error G4002  ~ The reservation needs 1.20, of which 0.00 can be paid.
at 1m   expect account CASH:lab 100.00 held 0.00
end     books balanced, replay equal
