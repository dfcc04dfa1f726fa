# A hold keeps the price of its start; what the job needs beyond is priced when it is held.
stock   local/cpu 1 x 4        tariff local/cpu "8.00 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 2"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary submit job.toml --yes
at 1m   expect j-1 running    expect v-1 left 84.00 held 16.00
at 30m  tariff local/cpu "12.00 CNY per chip-hour"
        exit 0
at 31m  expect v-1 left 84.00 held 16.00
# Another job pays the new price from the start.
at 32m  $ granary submit job.toml --yes
        exit 0
at 33m  expect j-2 running    expect v-1 left 60.00 held 40.00
worker  j-2 exit 0 at 47m
at 48m  expect j-2 finished    expect v-1 left 78.00 held 16.00    expect revenue local 6.00
# Over its forecast: 10 more minutes of 2 chips at 12.00.
at 61m  expect j-1 running    expect v-1 left 74.00 held 4.00
worker  j-1 exit 0 at 65m
at 66m  expect j-1 finished    expect v-1 left 76.00 held 0.00    expect revenue local 24.00
end     books balanced, replay equal
