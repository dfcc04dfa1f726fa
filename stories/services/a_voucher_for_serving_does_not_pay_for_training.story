# A purpose is a limit on use.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file train.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  purpose = "pretrain"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --purpose serve --expires 2027-06-30
        exit 0
at 0s   $ granary submit train.toml --yes
        exit 4  ~ error G4002
end     books balanced, replay equal
