# A term of the site, which bears it: no priority, programme or checkpoint matters. Who runs longer
# pays for the rest.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
site local
  free_if_failed = "10 min"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "2 h"
  [run]
  argv = ["work"]
file other.toml
  payer = "uni"
  accept = ["cpu x 4"]
  expected = "2 h"
  [run]
  argv = ["work"]
file short.toml
  payer = "uni"
  accept = ["cpu x 4"]
  expected = "2 h"
  time_limit = "6 min"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary voucher grant --to uni --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary submit job.toml --yes
        exit 0  ~ j-1
worker  j-1 progress step=10 tokens=0 loss=3.5 checkpoint=c10 at 20m
worker  j-1 exit 1 at 30m
at 31m  expect j-1 failed    expect revenue local 1.60    expect v-1 left 98.40 held 0.00
at 31m  $ granary explain j-1
        exit 0  ~ exit 1; 10 min of it cost nothing, once a day.
at 31m  $ granary voucher statement v-1
        exit 0  ~ failed, 10 min of it free: once a day
# The second of the day, at the same site, pays.
at 1h   $ granary submit job.toml --yes
        exit 0  ~ j-2
worker  j-2 exit 1 at 65m
at 66m  expect j-2 failed    expect revenue local 2.00    expect v-1 left 98.00
# Another tenant's first, shorter than what is free.
at 2h   $ granary submit other.toml --yes
        exit 0  ~ j-3
worker  j-3 exit 139 at 125m
at 126m expect j-3 failed    expect revenue local 2.00    expect v-2 left 100.00
# The next day.
at 24h  $ granary submit job.toml --yes
        exit 0  ~ j-4
worker  j-4 exit 1 at 1445m
at 1446m expect j-4 failed   expect revenue local 2.00    expect v-1 left 98.00
# Who is stopped at a limit of its own has not failed by itself, and pays.
at 25h  $ granary submit short.toml --yes
        exit 0  ~ j-5
at 26h  expect j-5 failed    expect revenue local 2.48
at 26h  $ granary report settlement --month 2026-11
        exit 0
end     books balanced, replay equal
