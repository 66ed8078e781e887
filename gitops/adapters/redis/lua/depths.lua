-- What waits, for /metrics. Returns leased, lanes held back by cap or breaker, due, ms the oldest due is late, then per
-- class 0..5: ready jobs and age in ms of the oldest. Looks at 1,000 lanes at most.
local ready, oldest = {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}
for _, lane in ipairs(call('ZRANGE', P .. 'backlog', 0, 999, 'REV')) do
  for class = 0, 5 do
    local low, high = class * CLASS, '(' .. string.format('%.0f', (class + 1) * CLASS)
    local count = call('ZCOUNT', queue_of(lane), low, high)
    if count > 0 then
      local first = call('ZRANGEBYSCORE', queue_of(lane), low, high, 'WITHSCORES', 'LIMIT', 0, 1)
      ready[class + 1] = ready[class + 1] + count
      oldest[class + 1] = math.max(oldest[class + 1], now - (tonumber(first[2]) - low))
    end
  end
end
local due = call('ZRANGE', P .. 'due', 0, 0, 'WITHSCORES')
local late = due[2] and math.max(0, now - math.floor(tonumber(due[2]) / 10)) or 0
local held = call('ZCARD', P .. 'backlog') - call('ZCARD', P .. 'ring')
local out = {call('ZCARD', P .. 'sent'), held, call('ZCARD', P .. 'due'), late}
for class = 1, 6 do
  out[#out + 1] = ready[class]
  out[#out + 1] = oldest[class]
end
return out
