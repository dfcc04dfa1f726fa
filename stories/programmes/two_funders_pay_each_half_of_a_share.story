# Province and city pay 20 % together, 1 : 1. Each has a fund of its own, owes and settles its own part.
stock   local/cpu 1 x 4        tariff local/cpu "1.230001 CNY per chip-hour"
programme henan "2000 CNY"
  share = "20 %"
  lapse = "fund"
  [[funders]]
  issuer = "province"
  weight = 1
  fund = "1960 CNY"
  [[funders]]
  issuer = "city"
  weight = 1
  fund = "40 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 1"]
  expected = "2 h"
  [run]
  argv = ["work"]

at 0s   $ granary account top-up lab --amount 10
        exit 0
at 0s   $ granary voucher grant --to lab --amount 60 --programme henan --expires 2026-12-01
        exit 0  ~ v-1 granted: 60.00 to lab.  ~ henan has 1,940.00 of 2,000.00 left
at 0s   $ granary voucher grant --to lab --amount 30 --programme henan --expires 2026-12-01
        exit 4  ~ error G4006  ~ has 10.00 left to grant from city, the grant needs 15.00
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   expect account V:v-1/province 30.00 held 0.246
at 1m   expect v-1 held 0.492       expect account CASH:lab 10.00 held 1.968002
worker  j-1 exit 0 at 1h
at 61m  expect account V:v-1/province 29.877 held 0.00    expect account V:v-1/city 29.877
at 61m  expect account CASH:lab 9.015999    expect revenue local 1.230001
at 61m  expect v-1 left 59.754
at 61m  $ granary voucher statement v-1
        exit 0  ~ 59.754
at 61m  $ granary account settle city --amount 40
        exit 0
at 61m  $ granary account settle city --amount 1
        exit 4  ~ error G4024  ~ city owes 0.00
at 61m  expect account CITY:province -1960.00
at 62m  restart
at 245h expect v-1 closed left 0.00    expect account FUND:henan/city 39.877
at 245h expect account FUND:henan/province 1959.877
end     books balanced, replay equal
