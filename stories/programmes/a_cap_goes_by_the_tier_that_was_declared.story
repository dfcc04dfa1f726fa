# 3.00 ever for national projects, 1.50 for provincial ones; the first row that is for the voucher counts.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme chengdu "1000 CNY"
  [[caps]]
  amount = "3 CNY"
  per = "ever"
  holders = ["national-project"]
  [[caps]]
  amount = "1.50 CNY"
  per = "ever"
  holders = ["provincial-project"]
file job.toml
  payer = "lab"
  accept = ["cpu x 2"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme chengdu --expires 2027-06-30 --declare provincial-project
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ can pay 1.50 of the 2.40
at 0s   $ granary voucher grant --to lab --amount 100 --programme chengdu --expires 2027-06-30 --declare national-project
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   expect account CAP:chengdu:provincial-project/lab/ever 1.50 held 1.50
at 1m   expect account CAP:chengdu:national-project/lab/ever 3.00 held 0.90
worker  j-1 exit 0 at 1h
at 62m  $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ 2.10
# Another year begins, and the caps are for ever.
at 1000h $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ 2.10
end     books balanced, replay equal
