# A job over its forecast goes on while the budget of its team lets it, and no longer. A reservation is
# counted in the months of its use; a job inside it is not counted again.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  team = "vision"
  accept = ["cpu x 1"]
  expected = "30 min"
  [run]
  argv = ["work"]
file inside.toml
  payer = "lab"
  team = "vision"
  accept = ["cpu x 1"]
  expected = "30 min"
  inside = "r-1"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary account budget --tenant lab --team vision --amount 0.90
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
# 30 min are 0.60, 10 min more 0.80; the next 10 min would be 1.00.
at 31m  expect j-1 running    expect account BUDGET:lab/vision/CNY/2026-11 0.90 held 0.80
at 41m  expect j-1 failed    expect account BUDGETUSED:lab/vision/CNY/2026-11 0.80    expect v-1 left 99.20
at 41m  $ granary job show j-1
        exit 0  ~ no voucher, cash or budget covers the next stretch  ~ lab, team vision
at 42m  $ granary account budget --tenant lab --team vision --amount 5
        exit 0
# From 23:00 on 30 November for two hours: one hour in each month.
at 42m  $ granary reserve create --chips "cpu x 2" --from 2026-11-30T23:00Z --for 2h --payer lab --team vision --yes
        exit 0  ~ r-1
at 43m  expect account BUDGET:lab/vision/CNY/2026-11 4.20 held 2.40
at 43m  expect account BUDGET:lab/vision/CNY/2026-12 5.00 held 2.40
at 43m  $ granary submit inside.toml --yes
        exit 0
worker  j-2 exit 0 at 14390m
at 14400m expect j-2 finished
at 15000m expect r-1 over    expect account BUDGETUSED:lab/vision/CNY/2026-11 3.20
at 15000m expect account BUDGETUSED:lab/vision/CNY/2026-12 2.40    expect v-1 left 94.40
end     books balanced, replay equal
