# GLM-130B is served by the few cards that its authors name and not by half as many; training it on
# 96 nodes fits, and one job is paid for what it used.
stock   laboratory/a100-sxm-40 96 x 8   tariff laboratory/a100-sxm-40 "15.00 CNY per chip-hour"
stock   guian/a800-sxm-80 96 x 8        tariff guian/a800-sxm-80 "18.00 CNY per chip-hour"
stock   ulanqab/ascend910b2 96 x 8      tariff ulanqab/ascend910b2 "12.00 CNY per chip-hour"
stock   wuhu/rtx3090 1 x 8              tariff wuhu/rtx3090 "1.60 CNY per chip-hour"
stock   wuhu/rtx2080ti 1 x 8            tariff wuhu/rtx2080ti "1.10 CNY per chip-hour"
programme city "10000 CNY"
file serve.toml
  payer = "lab"
  accept = ["rtx3090 x 4"]
  [work]
  kind = "serve"
  model = "glm-130b"
  rate = "0.01/s"
  p95-ttft = "5s"
  for = "2 h"
  weights = "int4"
  [run]
  argv = ["serve-glm"]

at 0s   $ granary plan pretrain --model glm-130b --tokens 400B --batch 4224 --deadline 120d
        exit 0  ~ laboratory/a100-sxm-40 ~ guian/a800-sxm-80 ~ ulanqab/ascend910b2 ~ too little memory
at 0s   $ granary plan serve --model glm-130b --rate 0.01/s --p95-ttft 5s --weights fp16 --chip "a100-sxm-40 x 8"
        exit 0  ~ 8 x a100-sxm-40
at 0s   $ granary plan serve --model glm-130b --rate 0.01/s --p95-ttft 5s --weights int4 --chip "rtx2080ti x 8"
        exit 0  ~ 8 x rtx2080ti
at 0s   $ granary plan serve --model glm-130b --rate 0.01/s --p95-ttft 5s --weights fp16 --chip "a100-sxm-40 x 4"
        exit 6  ~ nothing fits
at 0s   $ granary plan serve --model glm-130b --rate 0.01/s --p95-ttft 5s --weights int4 --chip "rtx3090 x 2"
        exit 6  ~ nothing fits
at 0s   $ granary plan serve --model glm-130b --rate 0.01/s --p95-ttft 5s --weights int4 --chip "rtx2080ti x 4"
        exit 6  ~ nothing fits
at 0s   $ granary voucher grant --to lab --amount 100 --programme city --purpose serve --expires 2027-06-30
        exit 0
at 0s   $ granary submit serve.toml --yes
        exit 0
at 1h   expect j-1 running because fits    expect j-1 pool wuhu/rtx3090
at 1h   expect revenue wuhu 6.40    expect v-1 left 87.20 held 6.40
at 2h   expect j-1 finished    expect revenue wuhu 12.80    expect v-1 left 87.20 held 0.00
end     books balanced, replay equal
