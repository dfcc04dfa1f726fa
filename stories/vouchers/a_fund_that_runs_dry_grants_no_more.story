# A programme's fund has a floor.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"

at 0s   $ granary voucher grant --to lab --amount 900 --programme city --expires 2027-06-30
        exit 0
at 1m   $ granary voucher grant --to uni --amount 200 --programme city --expires 2027-06-30
        exit 4  ~ error G4006
at 2m   $ granary voucher grant --to uni --amount 100 --programme city --expires 2027-06-30
        exit 0  ~ v-2
at 3m   $ granary voucher grant --to uni --amount 1e3,5 --programme city --expires 2027-06-30
        exit 2  ~ error G1007
at 4m   $ granary voucher grant --to uni --amount 5 --programme citty --expires 2027-06-30
        exit 3  ~ error G2005  ~ Did you mean city?
end     books balanced, replay equal
