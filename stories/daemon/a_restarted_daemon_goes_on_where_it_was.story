# State is what the journal folds to; what ran is still running.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 2"]
  expected = "1 h"
  [run]
  argv = ["work"]
file more.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   $ granary submit more.toml --yes
        exit 0
at 5m   restart
at 5m   expect j-1 running attempt 1    expect j-2 waiting because chips_short    expect v-1 held 2.40
worker  j-1 progress step=5 tokens=10 loss=2.5 checkpoint=c5 at 10m
at 12m  restart
at 12m  expect j-1 running checkpoint c5    expect revenue local 0.40
worker  j-1 exit 0 at 30m
at 31m  expect j-1 finished    expect j-2 running
at 32m  restart
at 33m  $ granary queue
        exit 0  ~ j-2  ~ running
end     books balanced, replay equal
