# A credit line lets cash go below zero by that much and no further; paying in repays it, and credit is
# never paid out.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ lab has no voucher
at 0s   $ granary account credit --tenant lab --amount 10
        exit 0  ~ lab has a credit line of 10.00: 0.00 drawn, 10.00 left
at 0s   $ granary account withdraw lab --amount 0.01
        exit 4  ~ error G4024  ~ lab has 0.00
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   expect j-1 running    expect account CASH:lab 0.00 held 4.80
worker  j-1 exit 0 at 1h
at 61m  expect account CASH:lab -4.80 held 0.00    expect revenue local 4.80
at 61m  $ granary submit job.toml --yes
        exit 0
worker  j-2 exit 0 at 121m
at 3h   $ granary account list
        exit 0  ~ 'CASH:lab   cash       -9.60  0.00  0.40   10.00   9.60  CNY'
at 3h   $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ cash on credit can pay 0.40 of the 4.80 that the job needs (short by 4.40). cash has 0.40 left with its credit.
at 3h   $ granary account credit --tenant lab --amount 5
        exit 4  ~ error G4110  ~ lab uses 9.60 of its credit, 0.00 of it held; a line of 5.00 is less.
at 3h   $ granary account credit --tenant lab --amount 9.60
        exit 0  ~ 9.60 drawn, 0.00 left
at 3h   $ granary submit job.toml --yes
        exit 4  ~ error G4002
at 4h   $ granary account top-up lab --amount 4.60
        exit 0  ~ CASH:lab has -5.00
at 4h   $ granary account credit --tenant lab --amount 5
        exit 0  ~ 5.00 drawn, 0.00 left
at 5h   $ granary account top-up lab --amount 15
        exit 0  ~ CASH:lab has 10.00
at 5h   $ granary account withdraw lab --amount 10.01
        exit 4  ~ error G4024
at 5h   $ granary account credit --tenant lab --amount 0
        exit 0  ~ credit line of 0.00: 0.00 drawn, 10.00 left
at 5h   $ granary submit job.toml --yes
        exit 0
at 301m expect account CASH:lab 10.00 held 4.80
at 301m $ granary account withdraw lab --amount 5.20
        exit 0
end     books balanced, replay equal
