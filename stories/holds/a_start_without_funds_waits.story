# A job that its payer cannot pay for is refused; if it may wait for funds, it starts when they come.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 4 --programme city --expires 2027-06-30
        exit 0  ~ v-1 granted
at 1m   $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ short by 0.80
at 2m   $ granary submit job.toml --yes --wait-for-funds
        exit 0  ~ j-1
at 3m   expect j-1 waiting because funds_short    expect v-1 left 4.00
at 10m  $ granary voucher grant --to lab --amount 2 --programme city --expires 2027-06-30
        exit 0  ~ v-2 granted
at 10m  expect j-1 running because fits    expect v-1 left 0.00 held 4.00    expect v-2 held 0.80
worker  j-1 exit 0 at 70m
at 80m  expect j-1 finished    expect revenue local 4.80    expect v-2 left 1.20 held 0.00
end     books balanced, replay equal
