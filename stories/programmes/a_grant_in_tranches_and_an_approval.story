# Half of a grant at the award and half after a report; jobs of more than two chips need an approval.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme board "1000 CNY"
  tranches = ["50 %", "50 %"]
  approval = { amount = "50 CNY", chips = 2 }
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "2 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 60 --programme board --expires 2027-06-30
        exit 4  ~ error G4023  ~ only when somebody else agrees
at 0s   $ granary voucher grant --to lab --amount 16 --programme board --expires 2027-06-30
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ v-1 of board pays for so large a job only with an approval
at 0s   $ granary voucher grant --to lab --amount 16 --programme board --expires 2027-06-30 --approved-by committee
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 4  ~ error G4002  ~ short by 1.60
at 1m   $ granary voucher release v-2
        exit 0  ~ v-2 released: 16.00 left, 0.00 promised
at 1m   $ granary voucher release v-2
        exit 4  ~ error G4025
at 1m   $ granary submit job.toml --yes
        exit 0
worker  j-1 exit 0 at 61m
at 62m  expect account V:v-2 11.20    expect account PROMISE:v-1 8.00
end     books balanced, replay equal
