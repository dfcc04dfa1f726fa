# A city pays 30 % of the price; the tenant pays the rest in cash, and without cash the job waits.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
  share = "30 %"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ v-1 pays 30 % and nothing is there to pay the rest
at 0s   $ granary submit job.toml --yes --wait-for-funds
        exit 0  ~ j-1
at 1m   expect j-1 waiting because funds_short
at 1m   $ granary account top-up lab --amount 3.3601
        exit 2  ~ error G1008
at 1m   $ granary account top-up lab --amount 5.00
        exit 0  ~ CASH:lab has 5.00, of which 3.36 held
at 2m   expect j-1 running    expect account V:v-1 100.00 held 1.44    expect account CASH:lab 5.00 held 3.36
worker  j-1 exit 0 at 31m
at 32m  expect account V:v-1 99.28 held 0.00    expect account CASH:lab 3.32 held 0.00    expect revenue local 2.40
at 33m  $ granary account withdraw lab --amount 3.33
        exit 4  ~ error G4024  ~ lab has 3.32
at 33m  $ granary account withdraw lab --amount 3.32
        exit 0
at 34m  $ granary account pay-out local --amount 2.40
        exit 0
at 34m  $ granary account settle city --amount 0.72
        exit 0
at 34m  expect account BANK:CNY 0.00    expect revenue local 0.00
at 35m  $ granary account statement CASH:lab
        exit 0  ~ paid in by lab  ~ paid back to lab
end     books balanced, replay equal
