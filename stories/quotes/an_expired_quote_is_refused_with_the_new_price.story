# After its time a quote is refused, with what the price is now and a quote for that.
stock   local/cpu 1 x 4        tariff local/cpu "8.00 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary quote job.toml
        exit 0  ~ good until 21 Nov 00:30 UTC
at 10m  tariff local/cpu "8.40 CNY per chip-hour"
        exit 0
at 42m  $ granary submit job.toml --quote q-1#1 --yes
        exit 5  ~ error G5001: q-1 expired 12 min ago; the price moved 32.00 -> 33.60 CNY (+5.0 %).  ~ granary submit --quote q-2#1
at 43m  expect v-1 left 100.00 held 0.00
at 44m  tariff local/cpu "99.00 CNY per chip-hour"
        exit 0
at 45m  $ granary submit job.toml --quote q-2#1 --yes
        exit 0  ~ j-1 accepted
at 46m  expect j-1 running    expect v-1 left 66.40 held 33.60
worker  j-1 exit 0 at 105m
at 106m expect j-1 finished    expect v-1 left 66.40 held 0.00    expect revenue local 33.60
end     books balanced, replay equal
