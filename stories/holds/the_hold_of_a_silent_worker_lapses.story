# A worker that runs says so when it is asked. One that gives no answer for an hour is lost: the tenant
# pays to its last checkpoint, the site bears the rest, and the work is tried again.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"      limit ask_every "2 h"     limit hold_lapse "1 h"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "10 h"
  [run]
  argv = ["work"]

worker  j-1 progress step=10 tokens=0 loss=3.5 checkpoint=c10 at 90m
worker  j-1 silent at 100m
at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   expect v-1 left 52.00 held 48.00
at 95m  expect revenue local 7.20
# Asked at 2 h, it would have an hour.
at 179m expect j-1 running attempt 1
at 170m $ granary voucher verify
        exit 0  ~ "Oldest open hold: h-1 of j-1/1"  ~ "0 without an owner"
at 179m restart
at 181m expect j-1 running attempt 2    expect revenue local 7.20    expect v-1 left 52.00 held 40.80
at 181m $ granary job events j-1
        exit 0  ~ "whether it still runs"  ~ "stopping"  ~ "no word from its executor for 60 min"
worker  j-1 exit 0 at 600m
at 602m expect j-1 finished    expect v-1 held 0.00
end     books balanced, replay equal
