# Without a team a budget is of all that the tenant pays: vouchers and cash, not the subsidy. Raising it
# lets who waits start; lifting it ends it. What is held stays held when it is lowered.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
  share = "50 %"
programme state "1000 CNY"
  kind = "subsidy"
  [[rates]]
  share = "25 %"
file one.toml
  payer = "lab"
  team = "vision"
  accept = ["cpu x 2"]
  expected = "1 h"
  [run]
  argv = ["work"]
file other.toml
  payer = "lab"
  accept = ["cpu x 2"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 0.60 --programme city --expires 2027-06-30
        exit 0
at 0s   $ granary account top-up lab --amount 100
        exit 0
at 0s   $ granary account budget --tenant lab --per ever --amount 3
        exit 0  ~ lab may spend 3.00 in all
at 0s   $ granary account budget --tenant lab --team vision --amount 50
        exit 0
# The voucher pays half and no subsidy with it, until it is empty; then the subsidy pays a quarter.
at 0s   $ granary submit one.toml --yes
        exit 0
at 1m   expect account V:v-1 0.60 held 0.60    expect account SUBS:state 1000.00 held 0.30    expect account CASH:lab 100.00 held 1.50
at 1m   expect account BUDGET:lab/*/CNY/ever 3.00 held 2.10    expect account BUDGET:lab/vision/CNY/2026-11 50.00 held 2.10
at 1m   $ granary submit other.toml --yes
        exit 4  ~ error G4002  ~ the budget of lab has 0.90 of 3.00 left and 2.10 held. The job needs 2.40, of which 1.20 can be paid.
at 1m   $ granary submit other.toml --yes --wait-for-funds
        exit 0
at 2m   expect j-2 waiting because funds_short
at 2m   $ granary account budget --tenant lab --per ever --amount 1
        exit 0  ~ 0.00 used, 2.10 held, 0.00 left
at 2m   expect j-1 running    expect j-2 waiting
at 3m   $ granary account budget --tenant lab --per ever --amount 4
        exit 0
at 3m   expect j-2 running    expect account BUDGET:lab/*/CNY/ever 4.00 held 3.90
at 4m   $ granary account budget --tenant lab --per ever --lift
        exit 0  ~ is lifted
at 4m   $ granary account budget --tenant lab --per ever --lift
        exit 3  ~ error G2110
worker  j-1 exit 0 at 1h
worker  j-2 exit 0 at 63m
at 64m  expect account BUDGETUSED:lab/*/CNY/ever 3.90    expect account CASH:lab 96.70
end     books balanced, replay equal
