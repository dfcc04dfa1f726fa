# Only a higher priority may stop running work, and only work that agreed to it.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file low.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  preemptible = true
  [run]
  argv = ["work"]
file same.toml
  payer = "client"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]
file firm.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  priority = -5
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
at 20m  $ granary submit same.toml --yes
        exit 0
at 21m  expect j-1 running    expect j-2 waiting because chips_short
worker  j-1 exit 0 at 60m
at 61m  expect j-2 running
at 62m  $ granary submit high.toml --yes
        exit 0
at 100m expect j-2 running    expect j-3 waiting because chips_short
end     books balanced, replay equal
