# One hold over two prices; what is captured is the sum of its hours, to the micro-unit.
stock   local/cpu 1 x 4
tariff local/cpu "8.00 CNY per chip-hour"
  [[pools.tariff]]
  price = "5.00 CNY per chip-hour"
  hours = "22:00..06:00"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 3"]
  expected = "8 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 500 --programme city --expires 2027-06-30
at 0s   $ granary stock show local/cpu
        exit 0  ~ 5.00  ~ 8.00  ~ 5.00 CNY per chip-hour, 22:00..06:00 UTC
# From 01:00: 5 hours of the night and 3 of the day, 3 chips.
at 1h   $ granary submit job.toml --dry-run
        exit 0  ~ 147.00
at 1h   $ granary submit job.toml --yes
        exit 0
at 61m  expect j-1 running    expect v-1 left 353.00 held 147.00
at 6h   expect v-1 left 353.00 held 72.00    expect revenue local 75.00
worker  j-1 progress step=1 checkpoint=c1 at 390m
worker  j-1 exit 0 at 8h
at 7h   expect revenue local 87.00
at 9h   expect j-1 finished    expect v-1 left 377.00 held 0.00    expect revenue local 123.00
end     books balanced, replay equal
