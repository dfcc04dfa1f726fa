# What the city signed at its own desk becomes a voucher; nobody else can grant, and nothing twice.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
  certified = true
  approval = { amount = "500 CNY" }
  [[keys]]
  id = "2026-a"
  public = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
  from = "2026-01-01"
  until = "2027-01-01"
  [[keys]]
  id = "2026-b"
  public = "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394"
  revoked = "2026-11-22"
file grant.json
  {"schema": "granary.certificate/1",
   "grant": {"amount": "100.00", "asset": "CNY", "declared": "", "expires": "2027-06-30T00:00:00Z",
             "holder": "lab", "issuer": "city", "not_before": "2026-11-21T00:00:00Z",
             "programme": "city", "purposes": "", "serial": "17", "type": "granary-grant-v1"},
   "signatures": [{"key": "2026-a", "signature": "bf99c9601bbb13bf7dd8b5767cb7600777bc992348b9824988aab1f9bcf045816a0d060d32d5e310f633c0ffd676287e00ca808dbef76baf609c39cba387b405"}]}
file altered.json
  {"schema": "granary.certificate/1",
   "grant": {"amount": "900.00", "asset": "CNY", "declared": "", "expires": "2027-06-30T00:00:00Z",
             "holder": "lab", "issuer": "city", "not_before": "2026-11-21T00:00:00Z",
             "programme": "city", "purposes": "", "serial": "17", "type": "granary-grant-v1"},
   "signatures": [{"key": "2026-a", "signature": "bf99c9601bbb13bf7dd8b5767cb7600777bc992348b9824988aab1f9bcf045816a0d060d32d5e310f633c0ffd676287e00ca808dbef76baf609c39cba387b405"}]}
file job.toml
  payer = "lab"
  accept = ["cpu x 4"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
        exit 4  ~ error G4127  ~ grants by certificate only
at 0s   $ granary voucher register altered.json
        exit 4  ~ error G4125  ~ not of these contents
at 0s   $ granary voucher register grant.json --dry-run
        exit 0  ~ would be: v-1
at 0s   $ granary voucher register grant.json
        exit 0  ~ v-1 by certificate 17 of city: 100.00 to lab, 100.00 left
at 1m   $ granary voucher register grant.json
        exit 0  ~ v-1 by certificate 17 of city
at 1m   $ granary voucher register altered.json
        exit 4  ~ error G4125
at 1m   restart
at 1m   $ granary voucher register grant.json
        exit 0  ~ v-1 by certificate 17 of city: 100.00 to lab, 100.00 left
at 1m   $ granary submit job.toml --yes
        exit 0
worker  j-1 exit 0 at 31m
at 32m  expect v-1 left 97.60
at 32m  $ granary voucher statement v-1
        exit 0  ~ granted by certificate 17 of city, signed with 2026-a
at 32m  $ granary voucher verify
        exit 0  ~ 1 vouchers by certificate, each signature checked again
end     books balanced, replay equal
