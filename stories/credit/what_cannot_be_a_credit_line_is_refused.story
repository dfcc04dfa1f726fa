# A line is not below zero, in the currency of the tenant's cash, and not below what is used of it.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary account credit --tenant lab --amount -1
        exit 2  ~ error G1111
at 0s   $ granary account credit --tenant lab --amount 1000000000001
        exit 2  ~ error G1111
at 0s   $ granary account credit --tenant lab --amount 5 --asset credit
        exit 2  ~ error G1017
at 0s   $ granary account credit --tenant lab --amount 1e3
        exit 2  ~ error G1007
at 0s   $ granary account credit --tenant lab --amount 5 --dry-run
        exit 0  ~ would be
at 0s   $ granary account statement CASH:lab
        exit 3  ~ error G2018
at 0s   $ granary account top-up lab --amount 1
        exit 0
at 0s   $ granary account credit --tenant lab --amount 5 --asset USD
        exit 4  ~ error G4112  ~ CASH:lab counts in CNY
at 0s   $ granary account credit --tenant lab --amount 5
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   expect account CASH:lab 1.00 held 4.80
at 1m   $ granary account credit --tenant lab --amount 3.79
        exit 4  ~ error G4110  ~ lab uses 3.80 of its credit, 3.80 of it held
at 1m   $ granary account credit --tenant lab --amount 3.80
        exit 0
at 2m   restart
at 2m   $ granary account credit --tenant lab --amount 3.79
        exit 4  ~ error G4110
at 2m   $ granary voucher verify
        exit 0
end     books balanced, replay equal
