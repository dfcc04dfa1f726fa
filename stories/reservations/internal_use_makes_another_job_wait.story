# The internal reservation holds chips and money; the one who waits is told by whom, until when, and
# what would make it start sooner.
stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
programme city "1000 CNY"
file job.toml
  payer = "lab"
  accept = ["cpu x 2"]
  expected = "1 h"
  [run]
  argv = ["work"]

at 0s   $ granary voucher grant --to centre --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
at 0s   $ granary reserve create --chips "cpu x 3" --site local --for 2h --payer centre --why "internal use" --yes
        exit 0  ~ r-1
at 1m   $ granary submit job.toml --yes
        exit 0  ~ j-1
at 1m   expect j-1 waiting because reserved    expect v-1 left 92.80 held 7.20
at 1m   $ granary explain j-1
        exit 0  ~ waits  ~ r-1  ~ internal use  ~ granary reserve cancel r-1
at 2h   expect r-1 over    expect j-1 running because fits    expect revenue local 7.20
end     books balanced, replay equal
