# Money is held for the whole forecast, captured for the use, and the rest is given back.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --purpose run --expires 2027-06-30
        exit 0  ~ v-1 granted
at 0s   $ granary submit job.toml --yes
        exit 0  ~ j-1
at 1m   expect j-1 running because fits    expect v-1 left 95.20 held 4.80
worker  j-1 exit 0 at 30m
at 31m  expect j-1 finished    expect v-1 left 97.60 held 0.00    expect revenue local 2.40
at 31m  $ granary voucher statement v-1
        exit 0  ~ 97.60  ~ hold  ~ capture  ~ release
at 31m  $ granary voucher verify
        exit 0
end     books balanced, replay equal
