# Holders, what they must declare, the dates of grants, how long a voucher lasts, and where it pays:
# one refusal for each, and nothing is posted by any of them.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme firms "1000 CNY"
  holders = ["start-up", "sme"]
  declare = ["subsidy-history"]
  months = 3
programme elsewhere "1000 CNY"
  sites = ["zhengzhou"]
programme later "1000 CNY"
  from = "2027-01-01"
programme over "1000 CNY"
  until = "2026-11-21"
programme rumour "1000 CNY"
  share = "unknown"
  months = "unknown"
file job.toml
  payer = "lab"
  accept = ["cpu x 1"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 9 --programme firms --expires 2027-01-31
        exit 4  ~ error G4023  ~ is for holders that declare start-up or sme; lab declared nothing
at 0s   $ granary voucher grant --to lab --amount 9 --programme firms --expires 2027-01-31 --declare sme
        exit 4  ~ error G4023  ~ asks every holder to declare subsidy-history
at 0s   $ granary voucher grant --to lab --amount 9 --programme firms --expires 2027-06-30 --declare sme --declare subsidy-history
        exit 4  ~ error G4023  ~ lets a voucher last 3 months
at 0s   $ granary voucher grant --to lab --amount 9 --programme later --expires 2027-06-30
        exit 4  ~ error G4023  ~ grants from 2027-01-01
at 0s   $ granary voucher grant --to lab --amount 9 --programme over --expires 2027-06-30
        exit 4  ~ error G4023  ~ granted until 2026-11-21
at 0s   $ granary voucher grant --to lab --amount 9 --programme rumour --expires 2027-06-30
        exit 4  ~ error G4023  ~ is incomplete: share and months are unknown
at 0s   $ granary voucher grant --to lab --amount 9 --programme elsewhere --expires 2027-06-30
        exit 0  ~ v-1
at 0s   $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ v-1 of elsewhere pays only at other sites than local
at 0s   $ granary voucher grant --to lab --amount 9 --programme firms --expires 2027-01-31 --declare sme --declare subsidy-history
        exit 0  ~ v-2
at 0s   $ granary submit job.toml --yes
        exit 0
worker  j-1 exit 0 at 30m
at 31m  expect v-2 left 8.40    expect v-1 left 9.00
end     books balanced, replay equal
