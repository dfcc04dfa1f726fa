# What was charged by a row can be looked up for ever: it is ended, and another one is written.
stock   local/cpu 1 x 4
tariff local/cpu "8.00 CNY per chip-hour"
  [[pools.tariff]]
  price = "5.00 CNY per chip-hour"
  hours = "22:00..06:00"
programme city "1000 CNY"

at 10h  tariff local/cpu "8.00 CNY per chip-hour"
  [[pools.tariff]]
  price = "4.00 CNY per chip-hour"
  hours = "22:00..06:00"
        exit 4  ~ G4100  ~ local/cpu changes the row  ~ 5.00 CNY per chip-hour, 22:00..06:00 UTC
at 10h  $ granary stock show local/cpu
        exit 0  ~ 5.00 CNY per chip-hour, 22:00..06:00 UTC
at 11h  tariff local/cpu "8.00 CNY per chip-hour"
  [[pools.tariff]]
  price = "5.00 CNY per chip-hour"
  hours = "22:00..06:00"
  until = "2026-11-22"
  [[pools.tariff]]
  price = "4.00 CNY per chip-hour"
  hours = "22:00..06:00"
        exit 0
at 23h  $ granary stock
        exit 0  ~ 5.00
at 25h  $ granary stock
        exit 0  ~ 4.00
end     books balanced, replay equal
