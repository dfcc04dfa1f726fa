# What a service has served before it was preempted, it need not serve and nobody pays for again.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"      limit minimum_run "1 min"
file serve.toml
  payer = "start-up"
  accept = ["cpu x 4"]
  expected = "2 h"
  service = true
  preemptible = true
  purpose = "serve"
  [run]
  argv = ["work"]
file urgent.toml
  payer = "lab"
  priority = 10
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to start-up --amount 100 --programme city --purpose serve --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary submit serve.toml --yes
        exit 0
at 30m  $ granary submit urgent.toml --yes
        exit 0
at 31m  expect j-1 waiting attempt 1    expect j-2 running    expect v-1 left 97.60 held 0.00
worker  j-2 exit 0 at 60m
at 61m  expect j-1 running attempt 2    expect j-2 finished
at 149m expect j-1 running attempt 2
at 151m expect j-1 finished attempt 2    expect v-1 left 90.40 held 0.00
end     books balanced, replay equal
