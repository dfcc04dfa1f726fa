# A lost node gives back to each funder; what is due may be approved once the work has ended.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme henan "3000 CNY"
  share = "50 %"
  mode = "reimburse"
  [[funders]]
  issuer = "province"
  weight = 2
  [[funders]]
  issuer = "city"
  weight = 1
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "5 h"
  [run]
  argv = ["work"]

at 0s   $ granary account top-up lab --amount 100
        exit 0
at 0s   $ granary voucher grant --to lab --amount 30 --programme henan --expires 2027-06-30
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
worker  j-1 progress step=5 checkpoint=c1 at 1h
at 2h   expect account DUE:v-1/province 3.20    expect account DUE:v-1/city 1.60
at 2h   $ granary voucher reimburse v-1 --amount 1.20
        exit 4  ~ error G4024  ~ DUE:v-1 has 4.80, of which 4.80 is of work that still runs
worker  j-1 lost "node gone" at 3h
at 3h   $ granary job cancel j-1 --yes
        exit 0
at 5h   expect account DUE:v-1/province 1.60    expect v-1 left 27.60
at 5h   $ granary voucher reimburse v-1 --amount 1.80
        exit 0  ~ 0.60 due
at 5h   $ granary voucher reimburse v-1 --amount 0.60 --refuse
        exit 0  ~ 28.20 left
at 6h   expect account CASH:lab 97.00    expect account V:v-1/city 9.40
end     books balanced, replay equal
