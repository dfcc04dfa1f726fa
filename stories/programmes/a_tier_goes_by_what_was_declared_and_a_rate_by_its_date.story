# Start-ups get 60 %, others 50 % until midnight and 25 % after; a voucher of the second programme
# does not pay for a job that would end after it.
stock   local/cpu 1 x 8        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
  [[rates]]
  share = "60 %"
  holders = ["start-up"]
  [[rates]]
  share = "50 %"
  until = "2026-11-22"
  [[rates]]
  share = "25 %"
programme strict "1000 CNY"
  expiry = "end"
  lapse = "fund"
file first.toml
  payer = "young"
  accept = ["cpu x 2"]
  expected = "2 h"
  [run]
  argv = ["work"]
file second.toml
  payer = "old"
  accept = ["cpu x 2"]
  expected = "2 h"
  [run]
  argv = ["work"]
file third.toml
  payer = "late"
  accept = ["cpu x 2"]
  expected = "2 h"
  [run]
  argv = ["work"]

at 0s   $ granary account top-up young --amount 50
        exit 0
at 0s   $ granary account top-up old --amount 50
        exit 0
at 0s   $ granary voucher grant --to young --amount 100 --programme city --expires 2027-06-30 --declare start-up
        exit 0
at 0s   $ granary voucher grant --to old --amount 100 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to late --amount 100 --programme strict --expires 2026-11-21T01:00Z
        exit 0
at 1m   $ granary submit third.toml --yes
        exit 4  ~ error G4002  ~ v-3 expires on 2026-11-21T01:00:00Z, the job would end on
at 61m  expect v-3 closed left 0.00    expect account FUND:strict 1000.00
at 23h  $ granary submit first.toml --yes
        exit 0
at 23h  $ granary submit second.toml --yes
        exit 0
worker  j-1 exit 0 at 25h
worker  j-2 exit 0 at 25h
# Each costs 4.80, half of it before midnight.
at 26h  expect account V:v-1 97.12    expect account CASH:young 48.08
at 26h  expect account V:v-2 98.20    expect account CASH:old 47.00
end     books balanced, replay equal
