# Time alone brings the price that its voucher can pay.
stock   local/cpu 1 x 4
tariff local/cpu "8.00 CNY per chip-hour"
  [[pools.tariff]]
  price = "5.00 CNY per chip-hour"
  hours = "22:00..06:00"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 2"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 12 --programme city --expires 2027-06-30
at 10h  $ granary submit job.toml --yes
        exit 4  ~ 16.00
at 10h  $ granary submit job.toml --yes --wait-for-funds
        exit 0
at 1319m expect j-1 waiting because funds_short
at 1320m expect j-1 running    expect v-1 left 2.00 held 10.00
worker  j-1 exit 0 at 1380m
at 24h  expect j-1 finished    expect v-1 left 2.00 held 0.00    expect revenue local 10.00
end     books balanced, replay equal
