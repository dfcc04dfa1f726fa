# A district pays back 30 % of what was spent, at most what the voucher has, once it has approved it.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme district "1000 CNY"
  mode = "reimburse"
  share = "30 %"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme district --expires 2027-06-30
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 4  ~ error G4002
at 0s   $ granary account top-up lab --amount 10
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   expect account CASH:lab 10.00 held 4.80    expect account V:v-1 100.00 held 1.44
worker  j-1 exit 0 at 30m
at 31m  expect account CASH:lab 7.60 held 0.00    expect account DUE:v-1 0.72    expect revenue local 2.40
at 32m  $ granary voucher reimburse v-1 --amount 0.73
        exit 4  ~ error G4025  ~ 0.72 are due on v-1
at 32m  $ granary voucher reimburse v-1 --amount 0.62
        exit 0
at 32m  $ granary voucher reimburse v-1 --amount 0.10 --refuse
        exit 0
at 33m  expect account CASH:lab 8.22    expect account V:v-1 99.38    expect account DUE:v-1 0.00
end     books balanced, replay equal
