-- Repair and wake. ARGV: 5 "<slots>|<worker>" that lives (may be empty), 6 for how many ms. Returns ms to the next due
-- time (-1 = none), then what was handed out.
local LIMIT = 500
if ARGV[5] ~= '' then
  call('ZADD', P .. 'workers', now + tonumber(ARGV[6]), ARGV[5])
  SLOTS = slots()
  ROOM = SLOTS + 2
end

for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'sent', '-inf', now, 'LIMIT', 0, LIMIT)) do
  local lane, member = split(id)
  -- Only a hint: a claimed turn without an end was killed, hung, or its worker was stopped for long.
  if call('HEXISTS', job_of(id), 'run') == 1 then call('HINCRBY', job_of(id), 'crash', 1) end
  enqueue(lane, member, release(id, lane, member))
end

for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'due', '-inf', now * 10 + 9, 'LIMIT', 0, LIMIT)) do
  local class = tonumber(call('ZSCORE', P .. 'due', id)) % 10
  local lane, member = split(id)
  call('ZREM', P .. 'due', id)
  nudge(lane, member, class)
end

for _, lane in ipairs(call('ZRANGEBYSCORE', P .. 'pause', '-inf', now, 'LIMIT', 0, LIMIT)) do
  call('ZREM', P .. 'pause', lane)
  settle(lane)
end

local out = take()
local first = call('ZRANGE', P .. 'due', 0, 0, 'WITHSCORES')
return {first[2] and math.max(0, math.floor(tonumber(first[2]) / 10) - now) or -1, out}
