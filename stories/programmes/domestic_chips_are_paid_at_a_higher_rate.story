# The chip that really runs decides the rate: 30 % of domestic chips, 20 % of others.
stock   north/ascend910b2 1 x 8        tariff north/ascend910b2 "12.00 CNY per chip-hour"
stock   south/a800-sxm-80 1 x 8        tariff south/a800-sxm-80 "18.00 CNY per chip-hour"
programme city "1000000 CNY"
  [[rates]]
  share = "30 %"
  origin = "domestic"
  [[rates]]
  share = "20 %"
file domestic.toml
  payer = "lab"
  accept = ["ascend910b2 x 8"]
  expected = "10 h"
  [run]
  argv = ["work"]
file imported.toml
  payer = "lab"
  accept = ["a800-sxm-80 x 8"]
  expected = "10 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 10000 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary account top-up lab --amount 2000
        exit 0
at 0s   $ granary submit domestic.toml --yes
        exit 0
at 0s   $ granary submit imported.toml --yes
        exit 0
at 1m   expect account V:v-1 10000.00 held 576.00    expect account CASH:lab 2000.00 held 1824.00
worker  j-1 exit 0 at 5h
worker  j-2 exit 0 at 5h
at 6h   expect account V:v-1 9712.00 held 0.00    expect account CASH:lab 1088.00 held 0.00
at 6h   expect revenue north 480.00    expect revenue south 720.00
end     books balanced, replay equal
