# Used up to the limit, paid up to the limit.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 1"]
  expected = "1 h"
  time_limit = "30 min"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary submit job.toml --yes
        exit 0
at 31m  expect j-1 failed    expect revenue local 0.60    expect v-1 left 99.40 held 0.00
end     books balanced, replay equal
