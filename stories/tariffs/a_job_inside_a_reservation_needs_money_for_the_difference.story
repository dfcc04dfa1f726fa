# The reservation took all that there was, so the job inside waits for money.
stock   local/cpu 1 x 4
tariff local/cpu "8.00 CNY per chip-hour"
  [[pools.tariff]]
  price = "2.00 CNY per chip-hour"
  state = "reserved"
programme city "1000 CNY"
file job.toml
  payer = "centre"
  accept = ["cpu x 1"]
  expected = "30 min"
  inside = "r-1"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to centre --amount 12 --programme city --expires 2027-06-30
at 0s   $ granary reserve create --chips "cpu x 3" --site local --for 2h --payer centre --why "internal use" --yes
at 1m   $ granary submit job.toml --yes
        exit 4  ~ G4002
at 2m   $ granary submit job.toml --yes --wait-for-funds
        exit 0
at 3m   expect j-1 waiting because funds_short
at 10m  $ granary voucher grant --to centre --amount 3 --programme city --expires 2027-06-30
at 11m  expect j-1 running    expect v-2 left 0.00 held 3.00
worker  j-1 exit 0 at 40m
at 41m  expect j-1 finished    expect v-2 left 0.00 held 0.00    expect revenue local 3.00
at 2h   expect revenue local 15.00
end     books balanced, replay equal
