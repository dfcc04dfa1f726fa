# A job that is lost gives back what it paid since its last checkpoint: until it has ended, neither its
# site nor its payer is paid that money.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme district "1000 CNY"
  mode = "reimburse"
  share = "50 %"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "10 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme district --expires 2027-06-30
        exit 0
at 0s   $ granary account top-up lab --amount 50
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 121m expect revenue local 9.60    expect account DUE:v-1 4.80
at 121m $ granary account pay-out local --amount 9.60
        exit 4  ~ error G4024  ~ 9.60 is of work that still runs
at 121m $ granary voucher reimburse v-1 --amount 4.80
        exit 4  ~ error G4024  ~ 4.80 is of work that still runs
at 121m $ granary voucher reimburse v-1 --amount 4.80 --refuse
        exit 4  ~ error G4024
worker  j-1 lost "node gone" at 150m
at 151m expect account DUE:v-1 0.00    expect revenue local 0.00
at 152m $ granary job cancel j-1 --yes
        exit 0
end     books balanced, replay equal
