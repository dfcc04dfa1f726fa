# Reserved chips are paid for once, used or not.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "centre"
  accept = ["cpu x 3"]
  expected = "1 h"
  inside = "r-1"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to centre --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary reserve create --chips "cpu x 3" --site local --for 2h --payer centre --why "internal use" --yes
        exit 0
at 10m  $ granary submit job.toml --yes
        exit 0
at 11m  expect j-1 running    expect v-1 left 92.80 held 7.20
worker  j-1 exit 0 at 40m
at 41m  expect j-1 finished    expect v-1 left 92.80
at 2h   expect r-1 over    expect v-1 left 92.80 held 0.00    expect revenue local 7.20
end     books balanced, replay equal
