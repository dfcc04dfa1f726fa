# A subsidy of 20 % for domestic chips, vouchers for 80 % of what is left, cash for the rest: the
# subsidy covers the first jobs and then there is none.
stock   north/ascend910b2 1 x 8        tariff north/ascend910b2 "12.00 CNY per chip-hour"
programme city "1000000 CNY"
  share = "80 %"
  with_subsidy = true
programme chips "200 CNY"
  kind = "subsidy"
  issuer = "ministry"
  [[rates]]
  share = "20 %"
  origin = "domestic"
file job.toml
  payer = "lab"
  accept = ["ascend910b2 x 8"]
  expected = "10 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 10000 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to lab --amount 10 --programme chips --expires 2027-06-30
        exit 4  ~ error G4023  ~ is a subsidy
at 0s   $ granary account top-up lab --amount 2000
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   expect account SUBS:chips 200.00 held 192.00    expect account V:v-1 10000.00 held 614.40
at 1m   expect account CASH:lab 2000.00 held 153.60
worker  j-1 exit 0 at 10h
at 11h  $ granary submit job.toml --yes
        exit 0
# 40.00 still have the subsidy: 8.00 + 25.60 + 6.40; the other 920.00 do not: 736.00 + 184.00.
at 11h  expect account SUBS:chips 8.00 held 8.00    expect account V:v-1 9385.60 held 761.60
at 11h  expect account CASH:lab 1846.40 held 190.40
worker  j-2 exit 0 at 12h
at 13h  expect account SUBS:chips 0.00 held 0.00    expect revenue north 1056.00
end     books balanced, replay equal
