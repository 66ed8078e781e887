-- A lane's cap or weight changed. ARGV: 5 lane.
settle(ARGV[5])
