# The free part of a voucher moves away at its instant; a job that would end later is not paid by it.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file short.toml
  payer = "lab"
  accept = ["cpu x 1"]
  expected = "30 min"
  [run]
  argv = ["work"]
file late.toml
  payer = "lab"
  accept = ["cpu x 1"]
  expected = "3 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2026-11-21T02:00Z
        exit 0
at 0s   $ granary submit late.toml --yes
        exit 4  ~ error G4002
at 0s   $ granary submit short.toml --yes
        exit 0  ~ j-1
worker  j-1 exit 0 at 20m
at 1h   expect v-1 open left 99.60
at 2h   expect v-1 closed left 0.00
at 3h   $ granary submit short.toml --yes
        exit 4  ~ error G4002
end     books balanced, replay equal
