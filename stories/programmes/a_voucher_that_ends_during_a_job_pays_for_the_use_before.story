# The first voucher ends after two of four hours: it pays those two, cash the others, and what is left
# of it goes back to the issuer.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
  lapse = "issuer"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "4 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2026-11-21T02:00Z
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 4  ~ v-1 can pay 9.60 of the 19.20  ~ only for use before 2026-11-21T02:00:00Z
at 0s   $ granary account top-up lab --amount 10
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   expect account V:v-1 100.00 held 9.60    expect account CASH:lab 10.00 held 9.60
at 121m expect v-1 closed left 0.00    expect account CITY:city -909.60
worker  j-1 exit 0 at 3h
at 181m expect account CASH:lab 5.20 held 0.00    expect revenue local 14.40
end     books balanced, replay equal
