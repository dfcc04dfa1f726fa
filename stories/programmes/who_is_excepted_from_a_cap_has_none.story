# Firms that make base models may exceed the cap; what is left of a voucher at its expiry is kept, and a job of many chip-hours asks for an approval.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
  kind = "vouchers"
  mode = "prepaid"
  expiry = "use"
  lapse = "kept"
  approval = { chip_hours = 100 }
  [[caps]]
  amount = "1 CNY"
  per = "year"
  except = ["base-model"]
file mill.toml
  payer = "mill"
  accept = ["cpu x 2"]
  expected = "2 h"
  [run]
  argv = ["work"]
file lab.toml
  payer = "lab"
  accept = ["cpu x 2"]
  expected = "2 h"
  [run]
  argv = ["work"]
file large.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "26 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to mill --amount 200 --programme city --expires 2026-12-01
        exit 0
at 0s   $ granary voucher grant --to lab --amount 200 --programme city --expires 2026-11-22T01:00Z --declare base-model
        exit 0
at 0s   $ granary submit mill.toml --yes
        exit 4  ~ error G4002  ~ 1.00
at 0s   $ granary submit large.toml --yes
        exit 4  ~ error G4002  ~ only with an approval
at 0s   $ granary account top-up lab --amount 10
        exit 0
at 24h  $ granary submit lab.toml --yes
        exit 0
# Its voucher pays for the first of the two hours.
at 1441m expect v-2 held 2.40    expect account CASH:lab 10.00 held 2.40
worker  j-1 exit 0 at 26h
at 1561m expect v-2 closed    expect account EXPIRED:city 197.60    expect account CASH:lab 7.60
end     books balanced, replay equal
