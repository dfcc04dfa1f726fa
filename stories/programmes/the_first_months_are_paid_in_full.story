# A small firm is paid all of it for a month from its first voucher, then 30 %; a second voucher does not begin it again.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme shanghai "1000 CNY"
  [[rates]]
  share = "100 %"
  holders = ["small"]
  months = 1
  [[rates]]
  share = "30 %"
file job.toml
  payer = "lab"
  accept = ["cpu x 1"]
  expected = "2 h"
  [run]
  argv = ["work"]

at 0s    $ granary voucher grant --to lab --amount 100 --programme shanghai --expires 2027-06-30 --declare small
         exit 0
at 0s    $ granary account top-up lab --amount 10
         exit 0
at 719h  $ granary voucher grant --to lab --amount 100 --programme shanghai --expires 2027-05-30 --declare small
         exit 0
at 719h  $ granary submit job.toml --yes
         exit 0
# One hour of the month is left.
at 720h  expect account CASH:lab 10.00 held 0.84    expect v-2 held 0.36
worker   j-1 exit 0 at 721h
at 722h  expect account CASH:lab 9.16    expect v-2 left 98.44
end      books balanced, replay equal
