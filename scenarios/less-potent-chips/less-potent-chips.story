# One serving load on less potent chips: what the scenario finds by planning is what a daemon offers,
# and the load runs on a domestic card as on a gaming card, each paid for by its own tariff.
stock   yard/rtx4090 2 x 8          tariff yard/rtx4090 "2.60 CNY per chip-hour"
stock   yard/ascend910b3 2 x 8      tariff yard/ascend910b3 "6.00 CNY per chip-hour"
stock   yard/bi-v150 2 x 8          tariff yard/bi-v150 "4.00 CNY per chip-hour"
programme city "10000 CNY"
file gaming.toml
  payer = "start-up"
  accept = ["repurposed"]
  [work]
  kind = "serve"
  model = "qwen3-8b"
  rate = "5/s"
  prompt = "1024"
  output = "256"
  for = "6 h"
  [run]
  argv = ["serve-qwen"]
file domestic.toml
  payer = "start-up"
  accept = ["domestic"]
  [work]
  kind = "serve"
  model = "qwen3-8b"
  rate = "5/s"
  prompt = "1024"
  output = "256"
  for = "6 h"
  [run]
  argv = ["serve-qwen"]

at 0s   $ granary plan serve --model qwen3-8b --rate 5/s --prompt 1024 --output 256
        exit 0  ~ 2 x rtx4090 ~ 1 x ascend910b3 ~ PER M TOKENS ~ no arithmetic rate
at 0s   $ granary voucher grant --to start-up --amount 100 --programme city --purpose serve --expires 2027-06-30
        exit 0
at 0s   $ granary submit gaming.toml --yes
        exit 0
at 0s   $ granary submit domestic.toml --yes
        exit 0
at 1h   expect j-1 pool yard/rtx4090    expect j-2 pool yard/ascend910b3
at 6h   expect j-1 finished    expect j-2 finished
        expect revenue yard 67.20    expect v-1 left 32.80 held 0.00
end     books balanced, replay equal
