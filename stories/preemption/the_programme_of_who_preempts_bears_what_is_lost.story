# What the preempted get back since their last checkpoint is the site's loss, or that of the
# programme whose voucher pays for the work that came first, if it says so: from its fund, as far as
# that goes.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
  preemption = "site"
programme rush "1000 CNY"
  preemption = "fund"
programme both "201.03 CNY"
  preemption = "fund"
  [[funders]]
  issuer = "province"
  weight = 1
  fund = "50.03 CNY"
  [[funders]]
  issuer = "county"
  weight = 3
  fund = "151 CNY"
file low.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "10 h"
  preemptible = true
  [run]
  argv = ["work"]
file high.toml
  payer = "client"
  accept = ["cpu x 4"]
  expected = "1 h"
  priority = 10
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary submit low.toml --yes
        exit 0  ~ j-1
worker  j-1 progress step=10 tokens=5120 loss=3.5 checkpoint=c10 at 20m
# The client's programme says that the site bears it: 10 min of four chips.
at 29m  $ granary voucher grant --to client --amount 4.80 --programme city --expires 2027-06-30
at 30m  $ granary submit high.toml --yes
        exit 0  ~ j-2
at 30m  expect j-2 running    expect revenue local 1.60    expect v-1 left 98.40 held 0.00
worker  j-2 exit 0 at 90m
at 91m  expect revenue local 6.40    expect j-1 running attempt 2
# The next one's pays the site what it gives back.
worker  j-1 progress step=20 tokens=5120 loss=3.5 checkpoint=c20 at 110m
at 119m $ granary voucher grant --to client --amount 4.80 --programme rush --expires 2027-06-30
at 2h   $ granary submit high.toml --yes
        exit 0  ~ j-3
at 2h   expect j-3 running    expect v-1 left 96.80 held 0.00
at 2h   expect revenue local 8.80    expect account FUND:rush 994.40
at 2h   $ granary job show j-1
        exit 0  ~ preempted for j-3, 0.80 borne by rush
at 2h   $ granary account statement FUND:rush
        exit 0  ~ j-3 of client preempted j-1/2
worker  j-3 exit 0 at 3h
at 181m expect revenue local 13.60   expect j-1 running attempt 3
# Two funders, by their weights: 0.20 and 0.60. The first has no more than 0.03.
worker  j-1 progress step=30 tokens=5120 loss=3.5 checkpoint=c30 at 200m
at 209m $ granary voucher grant --to client --amount 200 --programme both --expires 2027-06-30
        exit 0
at 210m $ granary submit high.toml --yes
        exit 0  ~ j-4
at 210m expect account FUND:both/province 0.00    expect account FUND:both/county 0.40
at 210m expect revenue local 15.83
worker  j-4 exit 0 at 270m
at 271m $ granary report settlement --month 2026-11
        exit 0
end     books balanced, replay equal
