# Launched and never heard of: no hour passes before its money and its chips are back.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "10 h"
  [run]
  argv = ["work"]

worker  j-1 silent at 0s
worker  j-1 silent at 60m
worker  j-1 silent at 120m
at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 59m  expect j-1 running attempt 1    expect v-1 left 52.00 held 48.00
at 61m  expect j-1 running attempt 2    expect v-1 left 52.00 held 48.00    expect revenue local 0.00
at 179m expect j-1 running attempt 3
at 181m expect j-1 failed    expect v-1 left 100.00 held 0.00    expect revenue local 0.00
at 181m $ granary job show j-1
        exit 0  ~ "never seen to run within 60 min of its launch"
at 181m $ granary voucher verify
        exit 0  ~ "0 open holds"
end     books balanced, replay equal
