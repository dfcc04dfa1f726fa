# Demand side or supply side, never both; and a contract is paid for once, whoever asks.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme demand "1000 CNY"
  exclusive = { group = "sides", per = "holder" }
programme supply "1000 CNY"
  exclusive = { group = "sides", per = "holder" }
programme town "1000 CNY"
  exclusive = { group = "contracts", per = "contract" }

at 0s   $ granary voucher grant --to lab --amount 10 --programme demand --expires 2026-11-22
        exit 0
at 1h   $ granary voucher grant --to lab --amount 10 --programme supply --expires 2026-12-01
        exit 4  ~ error G4106  ~ lab has v-1 of demand since 2026-11-21T00:00:00Z
at 1h   $ granary voucher grant --to mill --amount 10 --programme supply --expires 2026-12-01
        exit 0
at 25h  $ granary voucher grant --to lab --amount 10 --programme supply --expires 2026-12-01
        exit 0
at 25h  $ granary voucher grant --to lab --amount 10 --programme town --expires 2026-11-23
        exit 4  ~ error G4107
at 25h  $ granary voucher grant --to lab --amount 10 --programme town --expires 2026-11-23 --contract yz-17
        exit 0
at 99h  $ granary voucher grant --to mill --amount 10 --programme town --expires 2026-12-01 --contract yz-17
        exit 4  ~ error G4106  ~ contract yz-17 has v-4 of town
at 99h  $ granary voucher grant --to lab --amount 10 --programme town --expires 2026-12-01 --contract yz-18
        exit 0
end     books balanced, replay equal
