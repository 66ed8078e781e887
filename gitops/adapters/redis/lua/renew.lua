-- Keep a turn. ARGV: 5 lane, 6 member, 7 token. 0 = it is no longer ours.
local id = id_of(ARGV[5], ARGV[6])
if call('HGET', job_of(id), 'tok') ~= ARGV[7] then return 0 end
call('ZADD', P .. 'sent', 'XX', now + claimed_ms, id)
return 1
