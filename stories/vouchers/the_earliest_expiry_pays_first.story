# One job, two vouchers: the one that lapses first is drawn on first, and refunded last.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 3 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to lab --amount 3 --programme city --expires 2027-03-31
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   expect v-2 held 3.00    expect v-1 held 1.80 left 1.20
worker  j-1 exit 0 at 30m
at 31m  expect v-2 left 0.60    expect v-1 left 3.00
end     books balanced, replay equal
