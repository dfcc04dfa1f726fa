# A running job is stopped first, a waiting one just leaves.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   $ granary submit job.toml --yes
        exit 0
at 10m  $ granary job cancel j-2 --yes
        exit 0
at 15m  $ granary job cancel j-1 --yes
        exit 0
at 15m  expect j-1 cancelled    expect j-2 cancelled    expect revenue local 1.20    expect v-1 left 98.80 held 0.00
at 16m  $ granary job cancel j-1 --yes
        exit 5  ~ error G5003
end     books balanced, replay equal
