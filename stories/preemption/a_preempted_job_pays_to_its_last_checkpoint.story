# Captured first, refunded after: what happened stays visible. The rest of the work is shorter by
# what the checkpoint keeps.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file low.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "2 h"
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
        exit 0  ~ j-1
worker  j-1 progress step=10 tokens=5120 loss=3.5 checkpoint=c10 at 20m
at 25m  expect j-1 running checkpoint c10    expect revenue local 1.60
at 30m  $ granary submit high.toml --yes
        exit 0  ~ j-2
at 30m  expect j-1 waiting    expect j-2 running because fits    expect revenue local 1.60
at 30m  expect v-1 left 98.40 held 0.00
worker  j-2 exit 0 at 90m
at 91m  expect j-2 finished    expect j-1 running attempt 2    expect revenue local 6.40
worker  j-1 exit 0 at 190m
at 191m expect j-1 finished    expect revenue local 14.40    expect v-1 left 90.40
end     books balanced, replay equal
