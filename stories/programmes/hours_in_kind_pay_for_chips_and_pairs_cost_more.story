# A programme gives chip-hours, not money: 1 for a chip-hour, 1.5 where a job has two chips or more.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme hours "1000 hour"
  months = 3
  [[prices]]
  price = "1.5 hour per chip-hour"
  at_least = 2
  [[prices]]
  price = "1 hour per chip-hour"
file one.toml
  payer = "lab"
  accept = ["cpu x 1"]
  expected = "4 h"
  [run]
  argv = ["work"]
file two.toml
  payer = "lab"
  accept = ["cpu x 2"]
  expected = "4 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 16 --programme hours --expires 2027-02-01
        exit 0  ~ v-1 granted: 16.00 hour to lab
at 0s   $ granary submit two.toml --yes
        exit 0
at 0s   $ granary submit two.toml --yes
        exit 4  ~ error G4002  ~ v-1 of hours has 4.00 hour left, the job needs 12.00
at 0s   $ granary submit one.toml --yes
        exit 0
at 1m   expect account V:v-1 16.00 held 16.00
worker  j-1 exit 0 at 2h
worker  j-2 exit 0 at 2h
at 3h   expect account V:v-1 8.00 held 0.00    expect account USED:local/hour 8.00    expect revenue local 0.00
end     books balanced, replay equal
