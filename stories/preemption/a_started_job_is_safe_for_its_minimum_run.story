# Preempted again and again before useful work: not here. The first ten minutes are its own.
limit minimum_run "10 min"
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file low.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  preemptible = true
  [run]
  argv = ["work"]
file high.toml
  payer = "client"
  accept = ["cpu x 4"]
  expected = "1 h"
  priority = 10
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary voucher grant --to client --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary submit low.toml --yes
        exit 0
at 5m   $ granary submit high.toml --yes
        exit 0
at 9m   expect j-1 running    expect j-2 waiting because chips_short
at 11m  expect j-2 running    expect j-1 waiting
end     books balanced, replay equal
