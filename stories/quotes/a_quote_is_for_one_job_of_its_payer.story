# Nobody else's, for no other work, and no price of one's own.
stock   local/cpu 1 x 4        tariff local/cpu "8.00 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]
file longer.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "2 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary voucher grant --to uni --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary quote job.toml
        exit 0
at 1m   $ granary submit job.toml --payer uni --quote q-1#1 --yes
        exit 4  ~ G4101  ~ was made for lab
at 1m   $ granary submit longer.toml --quote q-1#1 --yes
        exit 2  ~ G1100
at 1m   $ granary submit job.toml --quote q-1#2 --yes
        exit 3  ~ G2100
at 1m   $ granary submit job.toml --quote q-9#1 --yes
        exit 3  ~ G2100
at 1m   $ granary submit job.toml --quote q-1 --yes
        exit 2  ~ G1101
at 2m   $ granary submit --quote q-1#1 --yes
        exit 0
at 3m   expect j-1 running    expect v-1 left 68.00 held 32.00    expect v-2 left 100.00 held 0.00
worker  j-1 exit 0 at 62m
at 63m  expect j-1 finished
end     books balanced, replay equal
