# Serving is launched, metered per minute and stopped like any service; stopping loses nothing.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file serve.toml
  payer = "start-up"
  accept = ["cpu x 1"]
  expected = "2 h"
  service = true
  purpose = "serve"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to start-up --amount 100 --programme city --purpose serve --expires 2027-06-30
        exit 0
at 0s   $ granary submit serve.toml --yes
        exit 0
at 10m  expect j-1 running    expect revenue local 0.20    expect v-1 left 97.60 held 2.20
at 2h   expect j-1 finished    expect revenue local 2.40    expect v-1 left 97.60 held 0.00
end     books balanced, replay equal
