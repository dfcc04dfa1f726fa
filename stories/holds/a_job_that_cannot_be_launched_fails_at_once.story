# A program that is not there is not there the second time either: one attempt, its reason, and every
# unit of its hold back. A loss that may pass is tried again.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["wrok"]
file next.toml
  payer = "lab"
  accept = ["cpu x 2"]
  expected = "1 h"
  [run]
  argv = ["work"]

worker  j-1 refused 'there is no program "wrok" in the program folders.' at 0s
at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 0s   expect j-1 failed attempt 1    expect v-1 left 100.00 held 0.00    expect revenue local 0.00
at 1m   $ granary job show j-1
        exit 0  ~ "failed: j-1 cannot be launched: there is no program"  ~ "1 (preempted 0, lost 0)"
at 1m   $ granary explain j-1
        exit 0  ~ "failed at 2026-11-21T00:00:00Z: j-1 cannot be launched: there is no program"
at 1m   $ granary job events j-1
        exit 0  ~ "attempt 1 failed: j-1 cannot be launched"
at 2m   $ granary submit next.toml --yes
        exit 0
at 3m   expect j-2 running because fits
at 3m   restart
at 4m   expect j-1 failed attempt 1
worker  j-2 exit 0 at 32m
at 33m  expect j-2 finished    expect revenue local 1.20    expect v-1 left 98.80 held 0.00
end     books balanced, replay equal
