-- Start a turn, once per token. ARGV: 5 lane, 6 member, 7 token. Returns granted, crashes, last wait in ms.
local id = id_of(ARGV[5], ARGV[6])
local job = job_of(id)
if call('HGET', job, 'tok') ~= ARGV[7] or call('HSETNX', job, 'run', 1) == 0 then return {0, 0, 0} end
call('ZADD', P .. 'sent', 'XX', now + claimed_ms, id)
call('HSET', P .. 'busy', ARGV[6], ARGV[7])
-- What was asked for until now is answered by this turn; a later nudge makes the job dirty.
call('HSET', job, 'got', call('HGET', job, 'want') or 0)
local kept = call('HMGET', job, 'crash', 'wait')
return {1, tonumber(kept[1] or 0), tonumber(kept[2] or 0)}
