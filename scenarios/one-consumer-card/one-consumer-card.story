# ChatGLM-6B on one consumer card: what the scenario finds by planning is what a daemon offers, and
# serving on one card is paid for by the minute from a voucher.
stock   shop/rtx2080ti 4 x 8        tariff shop/rtx2080ti "1.10 CNY per chip-hour"
stock   shop/rtx3090 4 x 8          tariff shop/rtx3090 "1.60 CNY per chip-hour"
stock   shop/rtx4090 4 x 8          tariff shop/rtx4090 "2.60 CNY per chip-hour"
programme city "10000 CNY"
file serve.toml
  payer = "start-up"
  accept = ["rtx2080ti x 1"]
  [work]
  kind = "serve"
  model = "chatglm-6b"
  rate = "0.1/s"
  for = "6 h"
  weights = "int4"
  [run]
  argv = ["serve-chatglm"]
file too-large.toml
  payer = "start-up"
  accept = ["rtx2080ti x 1"]
  [work]
  kind = "serve"
  model = "chatglm-6b"
  rate = "0.1/s"
  for = "6 h"
  weights = "fp16"
  [run]
  argv = ["serve-chatglm"]

at 0s   $ granary plan serve --model chatglm-6b --rate 0.1/s --weights fp16 --chip "repurposed x 1"
        exit 0  ~ 1 x rtx3090 ~ 1 x rtx4090 ~ too little memory
at 0s   $ granary plan serve --model chatglm-6b --rate 0.1/s --weights int4 --chip "rtx2080ti x 1"
        exit 0  ~ 1 x rtx2080ti ~ int4
at 0s   $ granary plan serve --model chatglm-6b --rate 0.1/s --weights fp16 --chip "rtx2080ti x 1"
        exit 6  ~ error G6001 ~ nothing fits
at 0s   $ granary voucher grant --to start-up --amount 100 --programme city --purpose serve --expires 2027-06-30
        exit 0
at 0s   $ granary submit too-large.toml --yes
        exit 6  ~ error G6001
at 0s   $ granary submit serve.toml --yes
        exit 0
at 1h   expect j-1 running because fits    expect j-1 pool shop/rtx2080ti
at 1h   expect revenue shop 1.10    expect v-1 left 93.40 held 5.50
at 6h   expect j-1 finished    expect revenue shop 6.60    expect v-1 left 93.40 held 0.00
end     books balanced, replay equal
