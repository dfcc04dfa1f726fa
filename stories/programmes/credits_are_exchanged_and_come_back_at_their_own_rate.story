# Credits for hours of one centre: 3 for 2. The residue stays, and what is not used goes back as it came.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme access "1000 credit"
  [[prices]]
  price = "10 credit per chip-hour"
programme centre "0 hour"
  purposes = ["run"]
  [[prices]]
  price = "1 hour per chip-hour"
  [[exchange]]
  programme = "access"
  give = "3 credit"
  get = "2 hour"
  [[exchange]]
  programme = "access"
  give = "1 credit"
  get = "5 hour"
  from = "2026-11-22"
file job.toml
  payer = "lab"
  accept = ["cpu x 2"]
  expected = "2 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 30 --programme access --expires 2027-02-01
        exit 0
at 0s   $ granary voucher exchange v-1 --amount 10 --into centre --dry-run
        exit 0  ~ if exchanged: v-2 has 6.666666 hour left now, v-1 has 20.000001 credit
at 0s   expect account V:v-1 30.00
at 0s   $ granary voucher exchange v-1 --amount 10 --into centre
        exit 0  ~ v-2 has 6.666666 hour left now, v-1 has 20.000001 credit
at 0s   expect account XCHG:access/centre 9.999999    expect account XCHG:centre/access -6.666666
at 0s   $ granary submit job.toml --yes
        exit 0
at 1m   expect v-2 held 4.00
at 1m   $ granary voucher exchange v-2 --amount 3 --back
        exit 4  ~ error G4109  ~ v-2 has 2.666666 left; 3.00 cannot be exchanged
worker  j-1 exit 0 at 1h
at 25h  $ granary voucher exchange v-1 --amount 1 --into centre
        exit 0  ~ v-3 has 5.00 hour left now
at 25h  $ granary voucher exchange v-2 --amount 4.666666 --back
        exit 0  ~ v-1 has 26.00 credit left now, v-2 has 0.00 hour
at 25h  $ granary voucher exchange v-1 --amount 1 --back
        exit 4  ~ error G4109  ~ v-1 came from no exchange
at 25h  $ granary voucher exchange v-1 --amount 1 --into access
        exit 4  ~ error G4108
at 25h  $ granary voucher exchange v-1 --amount 1
        exit 2  ~ either into a programme or back
at 26h  expect account USED:local/hour 2.00
end     books balanced, replay equal
