# "Pending for ever" does not exist: what does not fit the empty stock is refused at submit.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file many.toml
  payer = "lab"
  accept = ["cpu x 5"]
  expected = "1 h"
  [run]
  argv = ["work"]
file none.toml
  payer = "lab"
  accept = ["a800-sxm-80 x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]
file odd.toml
  payer = "lab"
  accept = ["cpu x"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary submit many.toml --yes
        exit 6
at 1m   $ granary submit none.toml --yes
        exit 6  ~ error G6001
at 2m   $ granary submit odd.toml --yes
        exit 2  ~ error G1010  ~ 'a count or range must follow "x"'
at 3m   $ granary submit missing.toml --yes
        exit 3
at 4m   $ granary explain j-1
        exit 3  ~ error G2008
end     books balanced, replay equal
