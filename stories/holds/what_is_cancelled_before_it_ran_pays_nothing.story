# Cancelled while its launch was under way, and the launch came to nothing.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "10 h"
  [run]
  argv = ["work"]

worker  j-1 silent at 0s
at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary submit job.toml --yes
        exit 0
at 5m   $ granary job cancel j-1 --yes
        exit 0
at 66m  expect j-1 cancelled    expect v-1 left 100.00 held 0.00    expect revenue local 0.00
end     books balanced, replay equal
