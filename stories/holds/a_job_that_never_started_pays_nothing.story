# Three attempts that never start, and the tenant has paid nothing.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
worker  j-1 lost "its node is gone" at 0s
worker  j-1 lost "its node is gone" at 0s
worker  j-1 lost "its node is gone" at 0s
at 1m   expect j-1 failed    expect v-1 left 100.00 held 0.00    expect revenue local 0.00
end     books balanced, replay equal
