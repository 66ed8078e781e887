-- End a turn. ARGV: 5 lane, 6 member, 7 token, 8 ending (done, failed, broken, back), 9 wake in ms (0 = none).
local lane, member, ending, wake = ARGV[5], ARGV[6], ARGV[8], tonumber(ARGV[9])
local id = id_of(lane, member)
local job = job_of(id)

-- The lane's outside did not answer: after BREAK_AT times in a row it pauses, each time longer, and is probed singly.
local function break_lane()
  if paused(lane) then return end
  local times = call('HINCRBY', P .. 'brk', lane, 1)
  if times < BREAK_AT then return end
  call('ZADD', P .. 'pause', now + math.min(PAUSE_MS * 2 ^ (times - BREAK_AT), PAUSE_MAX_MS), lane)
end

local function mend_lane()
  if call('HDEL', P .. 'brk', lane) == 1 then call('ZREM', P .. 'pause', lane) end
end

local function finish()
  local class = release(id, lane, member)
  if ending == 'back' then return enqueue(lane, member, class) end
  local failed = ending ~= 'done'
  if ending == 'broken' then break_lane() else mend_lane() end
  if wake > 0 then wake_at(id, now + wake, failed and 5 or class) end
  local kept = call('HMGET', job, 'want', 'got', 'rank')
  call('HDEL', job, 'crash', 'wait')
  if failed and wake > 0 then call('HSET', job, 'wait', wake) end
  if kept[1] ~= kept[2] then
    enqueue(lane, member, tonumber(kept[3] or (failed and 5 or 4)))
  elseif not failed or wake == 0 then
    call('DEL', job)
  end
  settle(lane)
end

if call('HGET', job, 'tok') == ARGV[7] then finish() end
return take()
