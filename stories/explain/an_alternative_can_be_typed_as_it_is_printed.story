# What explain proposes is a command: typed as it is printed, the job starts when it said.
stock   guian/a800-sxm-80 4 x 8    tariff guian/a800-sxm-80 "18.00 CNY per chip-hour"
stock   ulanqab/ascend910b2 4 x 8  tariff ulanqab/ascend910b2 "12.00 CNY per chip-hour"
programme city "900000 CNY"
file pretrain.toml
  payer = "client"
  accept = ["a800-sxm-80 x 32"]
  [work]
  kind = "pretrain"
  model = "qwen-7b"
  tokens = "1B"
  [run]
  argv = ["train"]

at 0s   $ granary voucher grant --to client --amount 400000 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to centre --amount 400000 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary reserve create --chips "a800-sxm-80 x 24" --site guian --for 2d --payer centre --why "internal use" --yes
        exit 0
at 1m   $ granary submit pretrain.toml --yes
        exit 0
at 2m   expect j-1 waiting because reserved
at 2m   $ granary explain j-1
        exit 0  ~ granary reserve cancel r-1  ~ '--accept "guian/a800-sxm-80 x 8"'  ~ '--accept "ulanqab/ascend910b2 x 32"'
at 3m   $ granary job cancel j-1 -y
        exit 0
at 3m   $ granary submit pretrain.toml --yes --accept "ulanqab/ascend910b2 x 32"
        exit 0
at 3m   expect j-2 running pool ulanqab/ascend910b2
at 4m   $ granary submit pretrain.toml --yes --accept "guian/a800-sxm-80 x 8"
        exit 0
at 4m   expect j-3 running pool guian/a800-sxm-80
end     books balanced, replay equal
