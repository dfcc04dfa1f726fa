# Cancelled, and its site is gone: what was used until it was to have stopped is paid, and an hour
# later nothing is held any more.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "10 h"
  [run]
  argv = ["work"]

worker  j-1 silent at 10m
at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 30m  $ granary job cancel j-1 --yes
        exit 0
at 89m  expect j-1 stopping    expect v-1 left 52.00 held 48.00
at 89m  $ granary voucher verify
        exit 0  ~ "1 of them outlive their claim and lapse unless their executor speaks"
at 91m  expect j-1 cancelled    expect v-1 left 97.56 held 0.00    expect revenue local 2.44
end     books balanced, replay equal
