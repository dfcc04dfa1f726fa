# The first row that matches decides; where none does, cash pays all of it.
stock   local/cpu 1 x 8        tariff local/cpu "1.00 CNY per chip-hour"
stock   north/ascend910b2 1 x 8    tariff north/ascend910b2 "10.00 CNY per chip-hour"
programme city "1000 CNY"
  [[rates]]
  share = "60 %"
  sites = ["north"]
  chips = ["ascend910b2"]
  at_least = 2
  at_most = 4
  [[rates]]
  share = "50 %"
  purposes = ["pretrain"]
  [[rates]]
  share = "20 %"
  from = "2026-11-01"
  until = "2026-11-22"
file pair.toml
  payer = "lab"
  accept = ["ascend910b2 x 2"]
  expected = "1 h"
  [run]
  argv = ["work"]
file six.toml
  payer = "lab"
  accept = ["ascend910b2 x 6"]
  expected = "1 h"
  [run]
  argv = ["work"]
file train.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  purpose = "pretrain"
  [run]
  argv = ["work"]
file other.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 500 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary account top-up lab --amount 500
        exit 0
at 0s   $ granary submit pair.toml --yes
        exit 0
at 1m   expect v-1 held 12.00    expect account CASH:lab 500.00 held 8.00
at 1m   $ granary submit six.toml --yes
        exit 0
at 2m   expect v-1 held 24.00    expect account CASH:lab 500.00 held 56.00
at 2m   $ granary submit train.toml --yes
        exit 0
at 3m   expect v-1 held 26.00    expect account CASH:lab 500.00 held 58.00
worker  j-1 exit 0 at 1h
worker  j-2 exit 0 at 61m
worker  j-3 exit 0 at 62m
at 63m  expect v-1 left 474.00    expect account CASH:lab 442.00
at 25h  $ granary submit other.toml --yes
        exit 0
at 25h  expect v-1 held 0.00    expect account CASH:lab 442.00 held 4.00
worker  j-4 exit 0 at 26h
end     books balanced, replay equal
