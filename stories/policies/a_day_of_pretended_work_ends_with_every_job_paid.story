# Workers run for their span; jobs of three tenants share four chips for a day.
worker all pretend
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file a.toml
  payer = "lab"
  accept = ["cpu x 2"]
  expected = "3 h"
  preemptible = true
  [run]
  argv = ["work"]
  checkpoint_every = "30 min"
file b.toml
  payer = "uni"
  accept = ["cpu x 4"]
  expected = "2 h"
  [run]
  argv = ["work"]
file c.toml
  payer = "client"
  accept = ["cpu x 3"]
  expected = "1 h"
  priority = 20
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary voucher grant --to uni --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary voucher grant --to client --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary submit a.toml --yes
        exit 0
at 10m  $ granary submit b.toml --yes
        exit 0
at 75m  $ granary submit c.toml --yes
        exit 0
at 80m  expect j-3 running    expect j-1 waiting    expect j-2 waiting
at 1d   expect j-1 finished    expect j-2 finished    expect j-3 finished
at 1d   expect v-2 left 90.40    expect v-3 left 96.40    expect v-1 left 92.80 held 0.00
at 1d   $ granary voucher verify
        exit 0
end     books balanced, replay equal
