# The tenant's own fault: all it used, also what no checkpoint keeps.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "2 h"
  [run]
  argv = ["work"]

worker  j-1 progress step=10 tokens=0 loss=3.5 checkpoint=c10 at 20m
worker  j-1 exit 1 at 30m
at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary submit job.toml --yes
        exit 0
at 31m  expect j-1 failed    expect revenue local 2.40    expect v-1 left 97.60 held 0.00
end     books balanced, replay equal
