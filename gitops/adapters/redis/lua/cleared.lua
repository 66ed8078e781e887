-- Forget suspects that are still the ones that were looked at. ARGV: 1 key, then field and seen value in turn.
for i = 2, #ARGV, 2 do
  if redis.call('HGET', ARGV[1], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', ARGV[1], ARGV[i]) end
end
return 0
