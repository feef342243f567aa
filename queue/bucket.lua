-- One account's token bucket: the sums of connectors.pace, in microseconds of this server's clock.
-- KEYS: the bucket; who uses it. ARGV: operation, then what it needs.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local state = redis.call('HMGET', KEYS[1], 'full', 'until', 'ramp')
local full, rest, ramp = tonumber(state[1] or '0'), tonumber(state[2] or '0'), tonumber(state[3] or '0')
local rampTime, rampStart = tonumber(ARGV[2]), tonumber(ARGV[3])

local function risen(at)
	if ramp == 0 then return 1 end
	return math.min(math.max((at - ramp) / rampTime, 0), 1)
end

local function keep()
	local last = math.max(full, rest, ramp + rampTime, now)
	redis.call('HSET', KEYS[1], 'full', string.format('%.0f', full), 'until', string.format('%.0f', rest), 'ramp', string.format('%.0f', ramp))
	redis.call('PEXPIRE', KEYS[1], string.format('%.0f', (last - now) / 1000 + 60000))
end

if ARGV[1] == 'hold' or ARGV[1] == 'pause' then
	rest = math.max(rest, now + tonumber(ARGV[4]))
	if ARGV[1] == 'pause' then
		ramp, full = math.max(ramp, rest), math.max(full, rest)
	end
	keep()
	return {0, 0, math.max(0, rest - now), 0}
end

if ARGV[1] == 'held' then
	return {0, 0, math.max(0, rest - now), 0}
end

-- take: cost, burst, patience, how long the caller knows the account to be held, and its name when
-- it is to be counted among the users of the last minute
local cost, burst, patience, known, user = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local users = 0
if user ~= '' then
	redis.call('ZADD', KEYS[2], now, user)
	redis.call('ZREMRANGEBYSCORE', KEYS[2], 0, now - 60000000)
	redis.call('PEXPIRE', KEYS[2], 60000)
	users = redis.call('ZCARD', KEYS[2])
end
if now + known > rest + 1000000 then -- this server has forgotten it
	rest = now + known
end
local at = math.max(now, rest)
if cost > 0 then
	at = math.max(at, full - cost * (burst - 1) * risen(at))
end
if at - now > patience then
	return {at - now, 0, math.max(0, rest - now), users}
end
if cost > 0 then
	full = math.max(full, at) + cost / (rampStart + (1 - rampStart) * risen(at))
end
keep()
return {at - now, 1, math.max(0, rest - now), users}
