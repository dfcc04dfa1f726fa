# Two vouchers, one cap of 3.00 a year: what they pay together stops there, and a refund gives it back.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
  [[caps]]
  amount = "3 CNY"
  per = "year"
file job.toml
  payer = "lab"
  accept = ["cpu x 2"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   expect account CAP:city/lab/2026 3.00 held 2.40
at 1m   $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ can pay 0.60 of the 2.40
worker  j-1 exit 0 at 30m
at 31m  expect account CAP:city/lab/2026 1.80 held 0.00    expect account CAPUSED:city/lab/2026 1.20
at 31m  $ granary account top-up lab --amount 10
        exit 0
at 31m  $ granary submit job.toml --yes
        exit 0
at 32m  expect account CAP:city/lab/2026 1.80 held 1.80    expect account CASH:lab 10.00 held 0.60
worker  j-2 exit 0 at 91m
at 92m  $ granary submit job.toml --yes
        exit 0
at 93m  expect account CASH:lab 9.40 held 2.40
end     books balanced, replay equal
