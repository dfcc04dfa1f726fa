# Dry at the rate at which it is spent, or at its expiry with so much that lapses.
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
at 0s   $ granary voucher list
        exit 0  ~ 100.00 lapse
at 0s   $ granary voucher statement v-1
        exit 0  ~ 'Forecast: 100.00 lapse at its expiry: nothing is spent at present.'
at 0s   $ granary submit job.toml --yes
        exit 0
# 48.00 are held for ten hours more; 48.00 were spent, over a day 2.00 an hour: after the job the last
# 4.00 would be spent in two hours.
at 10h  $ granary voucher list --holder lab
        exit 0  ~ 'dry 21 Nov 22:00'
at 10h  $ granary voucher statement v-1
        exit 0  ~ 'Forecast: dry 21 Nov 22:00 UTC: 115.20 a day, as running work holds it.'
worker  j-1 exit 0 at 20h
# 96.00 in a day: the last 4.00 would be spent in one hour more.
at 24h  $ granary voucher list
        exit 0  ~ 'dry 22 Nov 01:00'
at 24h  $ granary voucher list --json
        exit 0  ~ '"at": "2026-11-22T01:00:00Z"'  ~ '"per_day"'  ~ '"how": "dry"'
# 96.00 in four days are 24.00 a day: the last 4.00 are spent in four hours.
at 96h  $ granary voucher statement v-1
        exit 0  ~ 'Forecast: dry 25 Nov 04:00 UTC: 24.00 a day, as in the last 7 days.'
# More than 7 days ago: nothing is spent lately.
at 200h $ granary voucher list
        exit 0  ~ 4.00 lapse
at 70d  $ granary voucher list
        exit 0  ~ closed
end     books balanced, replay equal
