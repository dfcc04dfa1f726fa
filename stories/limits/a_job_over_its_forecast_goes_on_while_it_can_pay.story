# A forecast is not a limit: the next stretch is held when it begins, until the voucher is empty.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 1"]
  expected = "30 min"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 1 --programme city --expires 2027-06-30
at 0s   $ granary submit job.toml --yes
        exit 0
at 31m  expect j-1 running    expect v-1 held 0.80
at 1h   expect j-1 failed    expect v-1 left 0.00 held 0.00    expect revenue local 1.00
end     books balanced, replay equal
