# The complete programmes that come with Granary, as they are.
stock   local/cpu 1 x 8        tariff local/cpu "1.20 CNY per chip-hour"
programme city-vouchers as shipped
programme internal-use as shipped
programme priority-clients as shipped
file start-up.toml
  payer = "start-up"
  accept = ["cpu x 1"]
  expected = "1 h"
  [run]
  argv = ["work"]
file operator.toml
  payer = "operator"
  accept = ["cpu x 2"]
  expected = "1 h"
  purpose = "serve"
  [run]
  argv = ["work"]
file client.toml
  payer = "client"
  accept = ["cpu x 3"]
  expected = "1 h"
  purpose = "finetune"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to start-up --amount 100 --programme city-vouchers --expires 2026-11-22
        exit 0  ~ city-vouchers has 20,999,900.00 of 21,000,000.00 left
at 0s   $ granary voucher grant --to operator --amount 100 --programme internal-use --expires 2026-11-22
        exit 0  ~ internal-use has 5,999,900.00 of 6,000,000.00 left
at 0s   $ granary voucher grant --to client --amount 60000001 --programme priority-clients --expires 2026-11-22
        exit 4  ~ error G4006
at 0s   $ granary voucher grant --to client --amount 100 --programme priority-clients --expires 2026-11-22
        exit 0  ~ priority-clients has 59,999,900.00 of 60,000,000.00 left
at 0s   $ granary submit start-up.toml --yes
        exit 0
at 0s   $ granary submit operator.toml --yes
        exit 0
at 0s   $ granary submit client.toml --yes
        exit 0
worker  j-1 exit 0 at 1h
worker  j-2 exit 0 at 1h
worker  j-3 exit 0 at 1h
at 61m  expect v-1 left 98.80    expect v-2 left 97.60    expect v-3 left 96.40    expect revenue local 7.20
at 25h  expect v-1 closed    expect v-2 closed    expect v-3 closed
at 25h  expect account EXPIRED:city-vouchers 98.80    expect account EXPIRED:internal-use 97.60
at 25h  expect account EXPIRED:priority-clients 96.40
end     books balanced, replay equal
