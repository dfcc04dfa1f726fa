# What the menu shows is what is held: also of an option that starts at another hour.
stock   guian/a800-sxm-80 8 x 8
tariff guian/a800-sxm-80 "18.00 CNY per chip-hour"
  [[pools.tariff]]
  price = "9.00 CNY per chip-hour"
  hours = "22:00..06:00"
programme city "9000000 CNY"
worker  all pretend
file all.toml
  payer = "uni"
  accept = ["a800-sxm-80 x 64"]
  expected = "7 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 1000000 --programme city --expires 2027-06-30
at 0s   $ granary voucher grant --to uni --amount 1000000 --programme city --expires 2027-06-30
at 0s   $ granary plan finetune --model chatglm-6b --tokens 100M --chip "a800-sxm-80 x 8" --payer lab
        exit 0  ~ prices of quote q-1, good until 21 Nov 00:30 UTC  ~ FILE --quote q-1#1
at 0s   $ granary submit all.toml --yes
        exit 0
at 30m  $ granary plan finetune --model chatglm-6b --tokens 100M --chip "a800-sxm-80 x 8" --payer lab
        exit 0  ~ q-2
at 31m  $ granary quote show q-2
        exit 0  ~ 21 Nov 07:00
at 32m  $ granary submit --quote q-2#1 --yes
        exit 0  ~ j-2 accepted
at 26h  expect j-1 finished    expect j-2 finished
end     books balanced, replay equal
