# The voucher has paid for the first two hours and expired; then the job is lost with all its work. What
# comes back to the voucher lapses at once: nobody could use it there.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
  lapse = "issuer"
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "4 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2026-11-21T02:00Z
        exit 0
at 0s   $ granary account top-up lab --amount 10
        exit 0
at 0s   $ granary submit job.toml --yes
        exit 0
at 121m expect v-1 closed left 0.00    expect account CITY:city -909.60
worker  j-1 lost "node gone" at 3h
at 181m expect account V:v-1 0.00    expect account CITY:city -900.00    expect revenue local 0.00
at 182m $ granary job cancel j-1 --yes
        exit 0
end     books balanced, replay equal
