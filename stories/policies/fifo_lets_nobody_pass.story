# First come, first served: the one at the head blocks those behind it that want the same pool.
policy fifo
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file three.toml
  payer = "lab"
  accept = ["cpu x 3"]
  expected = "10 h"
  [run]
  argv = ["work"]
file big.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "5 h"
  [run]
  argv = ["work"]
file short.toml
  payer = "lab"
  accept = ["cpu x 1"]
  expected = "9 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 900 --programme city --expires 2027-06-30
at 0s   $ granary submit three.toml --yes
        exit 0
at 1m   $ granary submit big.toml --yes
        exit 0
at 3m   $ granary submit short.toml --yes
        exit 0
at 4m   expect j-2 waiting    expect j-3 waiting
worker  j-1 exit 0 at 2h
at 121m expect j-2 running    expect j-3 waiting
end     books balanced, replay equal
