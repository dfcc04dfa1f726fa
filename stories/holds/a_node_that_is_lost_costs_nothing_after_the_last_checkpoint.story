# The site bears what its fault undid; each source gets back what it had paid of it: subsidy, voucher
# and cash, in the shares of the bill.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
  share = "50 %"
  with_subsidy = true
programme chips "100 CNY"
  kind = "subsidy"
  share = "20 %"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "10 h"
  [run]
  argv = ["work"]

worker  j-1 progress step=10 tokens=0 loss=3.5 checkpoint=c10 at 30m
worker  j-1 lost "its node is gone" at 150m
at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary account top-up lab --amount 100
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
# 48.00 for ten hours: a fifth of it by the subsidy, half of the rest by the voucher.
at 1m   expect account SUBS:chips 100.00 held 9.60    expect v-1 left 80.80 held 19.20    expect account CASH:lab 100.00 held 19.20
# Metered each hour from the checkpoint: 1.5 h captured, and 2.5 h before what is lost is given back.
at 149m expect revenue local 7.20    expect account SUBS:chips 98.56 held 8.16
at 151m expect j-1 running attempt 2    expect revenue local 2.40
at 151m expect account SUBS:chips 99.52 held 9.12    expect v-1 held 18.24    expect account CASH:lab 99.04 held 18.24
worker  j-1 exit 0 at 160m
at 161m $ granary voucher statement v-1
        exit 0  ~ "refund lost"
end     books balanced, replay equal
