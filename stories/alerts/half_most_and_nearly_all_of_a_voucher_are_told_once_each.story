# 50, 80 and 95 % of a voucher used, by what is captured; then days before it expires with money left.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "20 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-01-30
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   $ granary alerts
        exit 0  ~ There is no alert.
at 10h  $ granary alerts
        exit 0  ~ There is no alert.
at 631m $ granary alerts
        exit 0  ~ There is no alert.
at 661m $ granary alerts
        exit 0  ~ '50 %  21 Nov 11:00  voucher v-1 of lab is 52.8 % used: 52.80 of 100.00, and 43.20 held'
at 17h  $ granary alerts --tenant lab
        exit 0  ~ '80 %  21 Nov 17:00  voucher v-1 of lab is 81.6 % used'
at 17h  $ granary alerts --tenant uni
        exit 0  ~ There is no alert.
worker  j-1 exit 0 at 20h
at 30h  $ granary alerts --json
        exit 0  ~ '"percent": 95'  ~ '"since": "2026-11-21T20:00:00Z"'  ~ '"schema": "granary.alerts/1"'
# What was granted less than 30 days before its end is told of a week before, not at once.
at 40d  $ granary voucher grant --to uni --amount 50 --programme city --expires 2027-01-20
        exit 0
at 40d  $ granary alerts
        exit 0  ~ '30 d  31 Dec 00:00  voucher v-1 of lab expires on 2027-01-30T00:00:00Z with 4.00 left'
at 54d  $ granary alerts
        exit 0  ~ '7 d   13 Jan 00:00  voucher v-2 of uni expires on 2027-01-20T00:00:00Z with 50.00 left'
at 69d  $ granary alerts
        exit 0  ~ '1 d   29 Jan 00:00  voucher v-1 of lab expires on 2027-01-30T00:00:00Z with 4.00 left'
at 70d  expect v-1 closed
at 70d  $ granary alerts
        exit 0  ~ There is no alert.
end     books balanced, replay equal
