# What was used of it is paid; the rest goes back at once.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"

at 0s   $ granary voucher grant --to centre --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary reserve create --chips "cpu x 4" --site local --for 10h --payer centre --why "internal use" --yes
        exit 0
at 1h   expect v-1 left 52.00    expect revenue local 4.80
at 90m  $ granary reserve cancel r-1 --yes
        exit 0
at 90m  expect r-1 over    expect v-1 left 92.80 held 0.00    expect revenue local 7.20
at 91m  $ granary reserve create --chips "cpu x 5" --site local --for 1h --payer centre --why "too many" --yes
        exit 4  ~ error G4011  ~ a reservation cannot exceed what is held
end     books balanced, replay equal
