# Real programmes as they ship: each names what is missing, has no money in the books and grants nothing.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme cn-henan-2023 as shipped
programme cn-chengdu-2023 as shipped
programme us-access as shipped
programme us-jetstream2 as shipped

at 0s   $ granary voucher grant --to lab --amount 100 --programme cn-henan-2023 --expires 2027-06-30
        exit 4  ~ error G4023  ~ cn-henan-2023 is incomplete: sites is unknown
at 0s   $ granary voucher grant --to lab --amount 100 --programme cn-chengdu-2023 --expires 2027-06-30 --declare national-project
        exit 4  ~ error G4023  ~ caps.per, mode and months are unknown
at 0s   $ granary voucher programmes
        exit 0  ~ cn-henan-2023  ~ sites
at 0s   expect account FUND:cn-henan-2023/cn-henan 0.00    expect account CITY:cn-henan 0.00
end     books balanced, replay equal
