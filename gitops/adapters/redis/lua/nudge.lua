-- Ask for a look. ARGV: 5 lane, 6 member, 7 class, 8 delay in ms.
local lane, member, class, delay = ARGV[5], ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
if delay > 0 then wake_at(id_of(lane, member), now + delay, class) else nudge(lane, member, class) end
return take()
