# A reservation is paid for as such, used or not; who runs inside pays what running costs more.
stock   local/cpu 1 x 4
tariff local/cpu "8.00 CNY per chip-hour"
  [[pools.tariff]]
  price = "2.00 CNY per chip-hour"
  state = "reserved"
programme city "1000 CNY"
file job.toml
  payer = "centre"
  accept = ["cpu x 2"]
  expected = "1 h"
  inside = "r-1"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to centre --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary reserve create --chips "cpu x 3" --site local --for 2h --payer centre --why "internal use" --yes
        exit 0
at 1m   expect r-1 open    expect v-1 left 88.00 held 12.00
# A new price of the pool is not one of this reservation.
at 5m   tariff local/cpu "20.00 CNY per chip-hour"
  [[pools.tariff]]
  price = "2.00 CNY per chip-hour"
  state = "reserved"
        exit 0
at 10m  $ granary submit job.toml --yes
        exit 0
at 11m  expect j-1 running    expect v-1 left 76.00 held 24.00
worker  j-1 exit 0 at 40m
at 41m  expect j-1 finished    expect v-1 left 82.00    expect revenue local 6.00
at 2h   expect r-1 over    expect v-1 left 82.00 held 0.00    expect revenue local 18.00
end     books balanced, replay equal
