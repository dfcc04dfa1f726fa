# Two operators, one with two sites. A city's vouchers pay half, a province's subsidy a fifth on
# domestic chips, the tenant's cash the rest. What each owes to whom, at the end of November.
stock east/a800-sxm-80 1 x 4       tariff east/a800-sxm-80 "18.00 CNY per chip-hour"
stock west/ascend910b2 1 x 4       tariff west/ascend910b2 "10.00 CNY per chip-hour"
stock north/a800-sxm-80 1 x 4      tariff north/a800-sxm-80 "18.00 CNY per chip-hour"
operator west inland               operator north inland
programme city "100000 CNY"
  share = "50 %"
  with_subsidy = true
programme domestic "50000 CNY"
  kind = "subsidy"
  issuer = "province"
  purposes = ["run"]
  [[rates]]
  share = "20 %"
  origin = "domestic"
file on-imported.toml
  payer = "lab"
  accept = ["east/a800-sxm-80 x 2"]
  expected = "2 h"
  [run]
  argv = ["work"]
file on-domestic.toml
  payer = "lab"
  accept = ["ascend910b2 x 4"]
  expected = "2 h"
  [run]
  argv = ["work"]
worker j-1 progress step=10 tokens=5000 checkpoint=c1 at 1h
worker j-1 exit 0 at 2h
worker j-2 exit 0 at 1h

at 0s   $ granary voucher grant --to lab --amount 500 --programme city --declare sme --expires 2027-06-30
        exit 0
at 0s   $ granary account top-up lab --amount 300
        exit 0
at 0s   $ granary submit on-imported.toml --yes
        exit 0
at 0s   $ granary submit on-domestic.toml --yes
        exit 0
# j-1: 2 x 18.00 x 2 h = 72.00, half each. j-2: 4 x 10.00 x 1 h = 40.00: 8.00, then half of 32.00.
at 3h   expect revenue east 72.00    expect revenue west 40.00    expect v-1 left 448.00
at 3h   $ granary account settle city --amount 26
        exit 0
at 3h   $ granary account pay-out east --amount 60
        exit 0
# The city has paid half of what it owes, so half of each debt.
at 4h   $ granary report settlement --month 2026-11 --table owed --csv
        exit 0  ~ city,city,operator,east,0.00,36.00,18.00,18.00,CNY ~ city,city,operator,inland,0.00,16.00,8.00,8.00,CNY ~ domestic,province,operator,inland,0.00,8.00,0.00,8.00,CNY
at 4h   $ granary report settlement --month 2026-11 --programme city --csv --table programmes
        exit 0  ~ city,city,100000.00,500.00,52.00,0.00,0.00,0.00,0.00,0.00,0.00,99500.00,0.00,448.00,0.00,0.00,26.00,CNY
at 4h   $ granary report settlement --month 2026-11 --operator inland --csv
        exit 0  ~ inland,west,ascend910b2,cash,,sme, ~ inland,west,ascend910b2,subsidy,domestic,sme, ~ inland,west,ascend910b2,voucher,city,sme,
at 4h   $ granary report settlement --month 2026-11 --csv --table sites
        exit 0  ~ east,east,0.00,72.00,0.00,60.00,12.00,CNY ~ inland,west,0.00,40.00,0.00,0.00,40.00,CNY
# 300 came in from the tenant and 26 from the city, 60 went out: 266 are there.
at 4h   $ granary report settlement --month 2026-11 --csv --table platform
        exit 0  ~ 0.00,300.00,26.00,0.00,60.00,266.00,248.00,52.00,0.00,34.00,CNY
at 4h   $ granary report settlement --month 2026-11
        exit 0  ~ Settlement of 2026-11, not over yet ~ cross-checks, each side summed by itself: all of them hold
at 4h   $ granary report use --by chip,origin,programme --csv
        exit 0  ~ chip,origin,programme,used_share_ms,used_chip_hours,tokens ~ a800-sxm-80,imported,city,7200000000,2.0,2500 ~ ascend910b2,domestic,domestic,2880000000,0.8
at 4h   $ granary report stock --until 2026-11-21T03:00:00Z --csv
        exit 0  ~ east,east,a800-sxm-80,43200000000,12.0,14400000000,4.0,0,0.0,28800000000,8.0
at 4h   $ granary report statement --funder province --csv
        exit 0  ~ SUBS:domestic,REV:west,capture,j-2/1, ~ 8.00,,49992.00,CNY
at 4h   $ granary report statement --site east --csv
        exit 0  ~ REV:east,BANK:CNY,pay_out,,paid out to east,60.00,,12.00,CNY
at 4h   $ granary report burn-down v-1 --csv
        exit 0  ~ at,balance,held,left,asset ~ 448.00,0.00,448.00,CNY
# Slips are named, and nothing changes.
at 4h   $ granary report settlement --month 2026-13
        exit 2  ~ error G1115 ~ write 2026-11
at 4h   $ granary report settlement --month 2027-03
        exit 4  ~ error G4115 ~ is not reached there
at 4h   $ granary report settlement --month 2026-11 --operator inlnd
        exit 3  ~ error G2115 ~ Did you mean inland?
at 4h   $ granary report use --by tenant,colour
        exit 2  ~ error G1117 ~ colour
at 4h   $ granary report use --from 2026-12-01 --until 2026-11-01
        exit 2  ~ error G1116
at 4h   $ granary report stock --table idels --csv
        exit 2  ~ error G1118 ~ pools, idle
at 4h   $ granary report statement --site east --tenant lab
        exit 2  ~ error G1116
at 4h   $ granary report statement --tenant labb
        exit 3  ~ error G2115
at 4h   $ granary report burn-down v-7
        exit 3  ~ error G2011
# December begins with what November left.
at 12d  $ granary account settle city --amount 26
        exit 0
at 12d  $ granary report settlement --month 2026-11 --csv --table issuers
        exit 0  ~ city,0.00,52.00,26.00,26.00,CNY
at 12d  $ granary report settlement --month 2026-12 --csv --table owed
        exit 0  ~ city,city,operator,east,18.00,0.00,18.00,0.00,CNY
at 12d  $ granary report settlement --month 2026-11
        exit 0  ~ Settlement of 2026-11, complete
end     books balanced, replay equal
