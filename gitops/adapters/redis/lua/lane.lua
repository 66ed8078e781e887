-- Shared by every lane script; put in front of each by lanes.py (Redis has no modules, and FUNCTION is denied to us).
-- ARGV: 1 prefix of this queue's keys, 2 random nonce, 3 lease until claimed (ms), 4 lease once claimed (ms), 5 ... own.
--
-- Keys below the prefix. An id is "<length of lane>:<lane><name>|<key>": no odd name can make two jobs one (S-076).
--   q:<sha>  sorted set  job of a lane by rank: class * 1e13 + ms          j:<sha>  hash  want, got, tok, run, msg, ...
--   ring     sorted set  lanes that may run, by virtual time               backlog  sorted set  lane -> waiting jobs
--   sent     sorted set  id -> lease end                                   due      sorted set  id -> ms * 10 + class
--   m        hash        message -> turns not yet done                     inf      hash  lane -> messages under way
--   cap, weight, brk hash per lane · pause sorted set lane -> until · workers sorted set "<slots>|<name>" -> alive until
--   vt hash, vclock, fence · busy hash member -> token · bell list
local P, nonce, unclaimed_ms, claimed_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local CLASS, BATCH, BREAK_AT, PAUSE_MS, PAUSE_MAX_MS = 1e13, 25, 5, 2000, 300000
local call = redis.call
local clock = call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)

local function id_of(lane, member) return #lane .. ':' .. lane .. member end
local function queue_of(lane) return P .. 'q:' .. redis.sha1hex(lane) end
local function job_of(id) return P .. 'j:' .. redis.sha1hex(id) end

local function split(id)
  local length, rest = string.match(id, '^(%d+):(.*)$')
  return string.sub(rest, 1, tonumber(length)), string.sub(rest, tonumber(length) + 1)
end

local function slots()
  call('ZREMRANGEBYSCORE', P .. 'workers', '-inf', '(' .. now)
  local sum = 0
  for _, worker in ipairs(call('ZRANGE', P .. 'workers', 0, -1)) do
    sum = sum + tonumber(string.match(worker, '^%d+'))
  end
  return sum
end
local SLOTS = slots()
-- No worker alive: nothing is handed out, so that no stale messages pile up for the next one.
local ROOM = SLOTS > 0 and SLOTS + 2 or 0

-- How many messages of a lane may be under way: as set, else three quarters of the slots, so that one lane never
-- takes them all; a single probe while its circuit is broken.
local function cap_of(lane)
  local cap = tonumber(call('HGET', P .. 'cap', lane) or math.max(1, math.floor(SLOTS * 3 / 4)))
  if tonumber(call('HGET', P .. 'brk', lane) or 0) >= BREAK_AT then return math.min(cap, 1) end
  return cap
end

local function paused(lane)
  return tonumber(call('ZSCORE', P .. 'pause', lane) or 0) > now
end

local function enter_ring(lane)
  -- A returning lane starts at the present virtual time: no credit is saved up while idle.
  local start = math.max(tonumber(call('HGET', P .. 'vt', lane) or 0), tonumber(call('GET', P .. 'vclock') or 0))
  call('ZADD', P .. 'ring', 'NX', start, lane)
end

-- Brings ring and backlog in line with what the lane holds; called after every change of it.
local function settle(lane)
  local waiting = call('ZCARD', queue_of(lane))
  local running = tonumber(call('HGET', P .. 'inf', lane) or 0)
  if waiting > 0 then call('ZADD', P .. 'backlog', waiting, lane) else call('ZREM', P .. 'backlog', lane) end
  if waiting > 0 and running < cap_of(lane) and not paused(lane) then
    enter_ring(lane)
  else
    call('ZREM', P .. 'ring', lane)
  end
  if call('EXISTS', P .. 'backlog', P .. 'm') == 0 then call('DEL', P .. 'vt', P .. 'vclock') end
end

local function enqueue(lane, member, class)
  call('ZADD', queue_of(lane), 'LT', class * CLASS + now, member)
  settle(lane)
end

local function nudge(lane, member, class)
  local job = job_of(id_of(lane, member))
  call('HINCRBY', job, 'want', 1)
  -- A human or a push is a reason to probe a broken lane at once.
  if class <= 2 then call('ZREM', P .. 'pause', lane) end
  if call('HEXISTS', job, 'tok') == 0 then
    enqueue(lane, member, class)
  elseif class < tonumber(call('HGET', job, 'rank') or 9) then
    call('HSET', job, 'rank', class)
  end
end

local function wake_at(id, at, class)
  call('ZADD', P .. 'due', 'LT', at * 10 + class, id)
  if call('ZRANGE', P .. 'due', 0, 0)[1] == id and call('LLEN', P .. 'bell') == 0 then
    call('RPUSH', P .. 'bell', 1)
    call('PEXPIRE', P .. 'bell', 5000)
  end
end

local function count_down(hash, field)
  if call('HINCRBY', hash, field, -1) > 0 then return false end
  call('HDEL', hash, field)
  return true
end

-- Ends the turn of a job, whatever came of it; returns the class it was taken with.
local function release(id, lane, member)
  local job = job_of(id)
  local kept = call('HMGET', job, 'msg', 'cls')
  call('ZREM', P .. 'sent', id)
  call('HDEL', job, 'tok', 'run', 'msg', 'cls')
  call('HDEL', P .. 'busy', member)
  if kept[1] and count_down(P .. 'm', kept[1]) then count_down(P .. 'inf', lane) end
  return tonumber(kept[2] or 4)
end

local function hand_out(lane, member, score, message)
  local id = id_of(lane, member)
  local job = job_of(id)
  local token = nonce .. '-' .. call('INCR', P .. 'fence')
  message = message or token
  call('ZREM', queue_of(lane), member)
  call('HSET', job, 'got', call('HGET', job, 'want') or 0, 'tok', token, 'msg', message,
    'cls', math.floor(tonumber(score) / CLASS))
  call('HDEL', job, 'rank', 'run')
  call('ZADD', P .. 'sent', now + unclaimed_ms, id)
  call('HINCRBY', P .. 'm', message, 1)
  return token, message
end

-- One message: the first job of the lane and, with a backlog, more of the same name.
local function take_from(lane, virtual)
  local backlog = call('ZCARD', queue_of(lane))
  local size = math.max(1, math.min(BATCH, math.floor(backlog / math.max(SLOTS, 1))))
  local found = call('ZRANGE', queue_of(lane), 0, size - 1, 'WITHSCORES')
  local handout, name, message, token = nil, nil, nil, nil
  for i = 1, #found, 2 do
    local verb, key = string.match(found[i], '^([^|]*)|(.*)$')
    if not handout then
      name, handout = verb, {lane, verb}
      call('HINCRBY', P .. 'inf', lane, 1)
    end
    if verb == name then
      token, message = hand_out(lane, found[i], found[i + 1], message)
      handout[#handout + 1] = key
      handout[#handout + 1] = token
    end
  end
  local weight = tonumber(call('HGET', P .. 'weight', lane) or 1)
  virtual = virtual + (#handout - 2) / 2 / weight
  call('HSET', P .. 'vt', lane, tostring(virtual))
  call('ZADD', P .. 'ring', 'XX', virtual, lane)
  settle(lane)
  return handout
end

local function take()
  local out = {}
  while call('HLEN', P .. 'm') < ROOM do
    local first = call('ZRANGE', P .. 'ring', 0, 0, 'WITHSCORES')
    if not first[1] then break end
    call('SET', P .. 'vclock', first[2])
    out[#out + 1] = take_from(first[1], tonumber(first[2]))
  end
  return out
end
