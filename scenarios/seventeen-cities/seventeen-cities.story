# Seventeen cities, each with a voucher for one start-up, a fund that pays a fifth on domestic chips,
# and data centres of three operators as one network: who trains what they want, who cannot, and who
# owes what to whom at the end of the year. Figures: scenario.toml.
stock north-1/a800-sxm-80 64 x 8    tariff north-1/a800-sxm-80 "18.00 CNY per chip-hour"
stock north-2/ascend910b2 64 x 8    tariff north-2/ascend910b2 "12.00 CNY per chip-hour"
stock west/ascend910b2 128 x 8      tariff west/ascend910b2 "11.00 CNY per chip-hour"
stock east/a800-sxm-80 32 x 8       tariff east/a800-sxm-80 "19.00 CNY per chip-hour"
stock east/rtx4090 32 x 8           tariff east/rtx4090 "2.60 CNY per chip-hour"
operator north-1 northern-computing    operator north-2 northern-computing
operator west western-computing        operator east eastern-computing
programme city-01 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-02 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-03 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-04 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-05 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-06 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-07 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-08 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-09 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-10 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-11 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-12 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-13 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-14 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-15 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-16 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme city-17 "3000000 CNY"
  with_subsidy = true
  holders = ["start-up"]
  sites = ["north-1", "north-2", "west", "east"]
programme domestic-chips "6000000 CNY"
  kind = "subsidy"
  issuer = "province"
  [[rates]]
  share = "20 %"
  origin = "domestic"
file city-01.toml
  payer = "start-up-01"
  name = "city-01"
  accept = ["ascend910b2 x 128"]
  [work]
  kind = "pretrain"
  model = "qwen-7b"
  tokens = "300B"
  [run]
  argv = ["train"]
file city-02.toml
  payer = "start-up-02"
  name = "city-02"
  accept = ["ascend910b2 x 256"]
  [work]
  kind = "pretrain"
  model = "qwen-14b"
  tokens = "300B"
  [run]
  argv = ["train"]
file city-03.toml
  payer = "start-up-03"
  name = "city-03"
  accept = ["ascend910b2 x 64"]
  [work]
  kind = "pretrain"
  model = "yi-34b"
  tokens = "500B"
  [run]
  argv = ["train"]
file city-04.toml
  payer = "start-up-04"
  name = "city-04"
  accept = ["ascend910b2"]
  [work]
  kind = "pretrain"
  model = "glm-130b"
  tokens = "400B"
  [run]
  argv = ["train"]
file city-05.toml
  payer = "start-up-05"
  name = "city-05"
  accept = ["a800-sxm-80 x 128"]
  [work]
  kind = "pretrain"
  model = "qwen-7b"
  tokens = "300B"
  [run]
  argv = ["train"]
file city-06.toml
  payer = "start-up-06"
  name = "city-06"
  accept = ["a800-sxm-80 x 128"]
  [work]
  kind = "pretrain"
  model = "qwen-14b"
  tokens = "300B"
  [run]
  argv = ["train"]
file city-07.toml
  payer = "start-up-07"
  name = "city-07"
  accept = ["ascend910b2 x 64"]
  [work]
  kind = "pretrain"
  model = "yi-34b"
  tokens = "500B"
  [run]
  argv = ["train"]
file city-08.toml
  payer = "start-up-08"
  name = "city-08"
  accept = ["ascend910b2"]
  [work]
  kind = "pretrain"
  model = "glm-130b"
  tokens = "400B"
  [run]
  argv = ["train"]
file city-09.toml
  payer = "start-up-09"
  name = "city-09"
  accept = ["ascend910b2 x 128"]
  [work]
  kind = "pretrain"
  model = "qwen-7b"
  tokens = "300B"
  [run]
  argv = ["train"]
file city-10.toml
  payer = "start-up-10"
  name = "city-10"
  accept = ["ascend910b2 x 256"]
  [work]
  kind = "pretrain"
  model = "qwen-14b"
  tokens = "300B"
  [run]
  argv = ["train"]
file city-11.toml
  payer = "start-up-11"
  name = "city-11"
  accept = ["ascend910b2 x 64"]
  [work]
  kind = "pretrain"
  model = "yi-34b"
  tokens = "500B"
  [run]
  argv = ["train"]
file city-12.toml
  payer = "start-up-12"
  name = "city-12"
  accept = ["ascend910b2"]
  [work]
  kind = "pretrain"
  model = "glm-130b"
  tokens = "400B"
  [run]
  argv = ["train"]
file city-13.toml
  payer = "start-up-13"
  name = "city-13"
  accept = ["a800-sxm-80 x 128"]
  [work]
  kind = "pretrain"
  model = "qwen-7b"
  tokens = "300B"
  [run]
  argv = ["train"]
file city-14.toml
  payer = "start-up-14"
  name = "city-14"
  accept = ["a800-sxm-80 x 128"]
  [work]
  kind = "pretrain"
  model = "qwen-14b"
  tokens = "300B"
  [run]
  argv = ["train"]
file city-15.toml
  payer = "start-up-15"
  name = "city-15"
  accept = ["ascend910b2 x 64"]
  [work]
  kind = "pretrain"
  model = "yi-34b"
  tokens = "500B"
  [run]
  argv = ["train"]
file city-16.toml
  payer = "start-up-16"
  name = "city-16"
  accept = ["ascend910b2"]
  [work]
  kind = "pretrain"
  model = "glm-130b"
  tokens = "400B"
  [run]
  argv = ["train"]
file city-17.toml
  payer = "start-up-17"
  name = "city-17"
  accept = ["ascend910b2 x 128"]
  [work]
  kind = "pretrain"
  model = "qwen-7b"
  tokens = "300B"
  [run]
  argv = ["train"]
file serve-01.toml
  payer = "start-up-01"
  name = "serve-01"
  accept = ["rtx4090 x 4"]
  [work]
  kind = "serve"
  model = "qwen-7b"
  rate = "10/s"
  for = "6 h"
  [run]
  argv = ["serve"]
file serve-02.toml
  payer = "start-up-02"
  name = "serve-02"
  accept = ["rtx4090 x 4"]
  [work]
  kind = "serve"
  model = "qwen-7b"
  rate = "10/s"
  for = "6 h"
  [run]
  argv = ["serve"]
worker j-1 progress step=1 tokens=150B checkpoint=c1 at 76h
worker j-1 progress step=2 tokens=300B checkpoint=c2 at 152h
worker j-1 exit 0 at 152h
worker j-2 progress step=1 tokens=150B checkpoint=c1 at 68h
worker j-2 progress step=2 tokens=300B checkpoint=c2 at 137h
worker j-2 exit 0 at 137h
worker j-3 progress step=1 tokens=150B checkpoint=c1 at 74h
worker j-3 progress step=2 tokens=300B checkpoint=c2 at 148h
worker j-3 exit 0 at 148h
worker j-4 progress step=1 tokens=150B checkpoint=c1 at 134h
worker j-4 progress step=2 tokens=300B checkpoint=c2 at 268h
worker j-4 exit 0 at 268h
worker j-5 progress step=1 tokens=200B checkpoint=c1 at 38d
worker j-6 progress step=1 tokens=150B checkpoint=c1 at 76h
worker j-6 progress step=2 tokens=300B checkpoint=c2 at 152h
worker j-6 exit 0 at 152h
worker j-7 progress step=1 tokens=150B checkpoint=c1 at 68h
worker j-7 progress step=2 tokens=300B checkpoint=c2 at 137h
worker j-7 exit 0 at 137h
worker j-8 progress step=1 tokens=200B checkpoint=c1 at 38d
worker j-9 progress step=1 tokens=150B checkpoint=c1 at 74h
worker j-9 progress step=2 tokens=300B checkpoint=c2 at 148h
worker j-9 exit 0 at 148h
worker j-10 progress step=1 tokens=150B checkpoint=c1 at 134h
worker j-10 progress step=2 tokens=300B checkpoint=c2 at 268h
worker j-10 exit 0 at 268h
worker j-11 progress step=1 tokens=200B checkpoint=c1 at 38d
worker j-12 progress step=1 tokens=150B checkpoint=c1 at 76h
worker j-12 progress step=2 tokens=300B checkpoint=c2 at 152h
worker j-12 exit 0 at 152h

at 0s   $ granary voucher grant --to start-up-01 --amount 994000.00 --programme city-01 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-02 --amount 1056125.00 --programme city-02 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-03 --amount 1118250.00 --programme city-03 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-04 --amount 1180375.00 --programme city-04 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-05 --amount 1242500.00 --programme city-05 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-06 --amount 1304625.00 --programme city-06 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-07 --amount 1366750.00 --programme city-07 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-08 --amount 1428875.00 --programme city-08 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-09 --amount 1491000.00 --programme city-09 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-10 --amount 1553125.00 --programme city-10 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-11 --amount 1615250.00 --programme city-11 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-12 --amount 1677375.00 --programme city-12 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-13 --amount 1739500.00 --programme city-13 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-14 --amount 1801625.00 --programme city-14 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-15 --amount 1863750.00 --programme city-15 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-16 --amount 1925875.00 --programme city-16 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary voucher grant --to start-up-17 --amount 1988000.00 --programme city-17 --declare start-up --expires 2027-06-30
        exit 0
at 0s   $ granary submit city-01.toml --yes
        exit 0
at 0s   $ granary submit city-02.toml --yes
        exit 0
at 0s   $ granary submit city-03.toml --yes
        exit 4  ~ error G4002 ~ short by
at 0s   $ granary submit city-04.toml --yes
        exit 4  ~ error G4002 ~ short by
at 0s   $ granary submit city-05.toml --yes
        exit 0
at 0s   $ granary submit city-06.toml --yes
        exit 0
at 0s   $ granary submit city-07.toml --yes
        exit 0
at 0s   $ granary submit city-08.toml --yes
        exit 4  ~ error G4002 ~ short by
at 0s   $ granary submit city-09.toml --yes
        exit 0
at 0s   $ granary submit city-10.toml --yes
        exit 0
at 0s   $ granary submit city-11.toml --yes
        exit 0
at 0s   $ granary submit city-12.toml --yes
        exit 4  ~ error G4002 ~ short by
at 0s   $ granary submit city-13.toml --yes
        exit 0
at 0s   $ granary submit city-14.toml --yes
        exit 0
at 0s   $ granary submit city-15.toml --yes
        exit 0
at 0s   $ granary submit city-16.toml --yes
        exit 4  ~ error G4002 ~ short by
at 0s   $ granary submit city-17.toml --yes
        exit 0
at 0s   $ granary submit serve-01.toml --yes
        exit 0
at 0s   $ granary submit serve-02.toml --yes
        exit 0
# Two programmes pay in December: one city all it owes, the subsidy's fund a part, which goes to its two
# creditors in proportion. One site is paid out.
at 24d  $ granary account settle city-05 --amount 340992
        exit 0
at 24d  $ granary account settle province --amount 400000
        exit 0
at 24d  $ granary account pay-out north-1 --amount 340992
        exit 0
at 41d  expect j-1 finished    expect j-5 running    expect j-12 finished
at 41d  expect v-3 left 1118250.00 held 0.00    expect v-4 left 1180375.00 held 0.00
at 41d  expect revenue north-2 233472.00    expect revenue east 124.80
at 41d  $ granary report settlement --month 2026-12
        exit 0 ~ Settlement of 2026-12, complete ~ all of them hold
at 41d  $ granary report settlement --month 2026-12 --operator northern-computing --table owed --csv
        exit 0 ~ city-05,city-05,operator,northern-computing,340992.00,0.00,340992.00,0.00,CNY ~ domestic-chips,province,operator,northern-computing,46694.40,0.00,35246.376811,11448.023189,CNY
at 41d  $ granary report settlement --month 2026-12 --programme domestic-chips --table owed --csv
        exit 0 ~ domestic-chips,province,operator,western-computing,340876.80,314265.60,364753.623189,290388.776811,CNY
at 41d  $ granary report settlement --month 2026-12 --csv --table sites
        exit 0 ~ northern-computing,north-1,1783296.00,133632.00,0.00,340992.00,1575936.00,CNY
at 41d  $ granary report use --by chip,paid_by --csv
        exit 0 ~ ascend910b2,subsidy,228556800000000,63488.0,420000000000,702259.20 ~ ascend910b2,voucher,914227200000000,253952.0,1680000000000,2809036.80
end     books balanced, replay equal
