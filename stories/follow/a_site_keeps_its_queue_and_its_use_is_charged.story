# A site runs Slurm and goes on doing so; what its accounts run is paid from vouchers, then owed.
stock east/a800-sxm-80 4 x 8
tariff east/a800-sxm-80 "18.00 CNY per chip-hour"
  gres = "a800"
  node_names = "a800-[1-4]"
followed east
  cluster = "east"
  [[accounts]]
  account = "nlp"
  tenant = "lab"
  purpose = "pretrain"
programme city "1000000 CNY"
file first.txt
  JobIDRaw|JobID|State|Submit|Start|End|ElapsedRaw|TimelimitRaw|AllocTRES|ReqTRES|NodeList|Account|User|JobName
  7|7|COMPLETED|1795219200|1795219260|1795222860|3600|120|cpu=8,gres/gpu=8,gres/gpu:a800=8|gres/gpu:a800=8|a800-1|nlp|li|train.sh
  8|8|RUNNING|1795219200|1795221000|Unknown|5400|600|cpu=8,gres/gpu=16,gres/gpu:a800=16|gres/gpu:a800=16|a800-[2-3]|vision|wu|tune.sh
  9|9|PENDING|1795222800|Unknown|Unknown|0|60||gres/gpu:a800=24|None assigned|nlp|li|big.sh
file second.txt
  JobIDRaw|JobID|State|Submit|Start|End|ElapsedRaw|TimelimitRaw|AllocTRES|ReqTRES|NodeList|Account|User|JobName
  7|7|COMPLETED|1795219200|1795219260|1795222860|3600|120|cpu=8,gres/gpu=8,gres/gpu:a800=8|gres/gpu:a800=8|a800-1|nlp|li|train.sh
  8|8|FAILED|1795219200|1795221000|1795228207|7207|600|cpu=8,gres/gpu=16,gres/gpu:a800=16|gres/gpu:a800=16|a800-[2-3]|vision|wu|tune.sh
  9|9|CANCELLED by 1000|1795222800|None|1795226400|0|60||gres/gpu:a800=24|None assigned|nlp|li|big.sh
  bad row

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
# Job 7 used 8 chip-hours = 144.00: the voucher and, for the rest, what is owed. Job 8 has run for an hour and a half.
at 2h   $ granary import slurm --site east --file first.txt --as-of 2026-11-21T02:00:00Z
        exit 0  ~ 3 jobs: 1 began, 1 ended
at 2h   expect v-1 left 0.00    expect account OWED:lab/CNY -44.00    expect account OWED:vision/CNY -432.00
at 2h   expect revenue east 576.00
at 2h   expect j-1 finished    expect j-2 running    expect j-3 waiting
at 2h   $ granary explain j-3
        exit 0  ~ waits in the queue of east as 9  ~ 8 more needed at east/a800-sxm-80: 24 wanted, 16 free
at 2h   $ granary job cancel j-2 --yes
        exit 4  ~ G4133
at 2h   $ granary import slurm --site east --file first.txt --as-of 2026-11-21T01:00:00Z
        exit 5  ~ G5010
# Said again nothing is charged again; 16 chips for 7207 s are 576.56.
at 3h   $ granary import slurm --site east --file second.txt --as-of 2026-11-21T03:00:00Z
        exit 0  ~ 1 rows: not readable
at 3h   expect j-2 failed    expect j-3 cancelled    expect account OWED:vision/CNY -576.56
at 3h   expect revenue east 720.56
at 4h   $ granary account top-up vision --amount 600 --yes
at 4h   expect account OWED:vision/CNY 0.00    expect account CASH:vision 23.44
end     books balanced, replay equal
