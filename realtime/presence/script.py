"""What Redis does when a process says how things are, in one step that nothing can come between.

    life       id, and when it was born; `last`: when anybody was heard; until when nobody is taken to have
               gone (`hold`), and until when it isn't known who is new (`quiet`)
    processes  process → "heard total staff seq"
    holders    holder → connections, over all processes; so are `addresses`
    of:…       what one process said: `h` or `a` and a name → connections
    gone       holder → since when
    parted     holder → when a process had no more of theirs, while another still had some
    unsure     holders who may have been here before the register forgot everything

Counts are said as they are, not as they change: said twice they are the same.
"""

from __future__ import annotations

ROUND = """
local LIFE, PROCESSES, HOLDERS, ADDRESSES = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local GONE, UNSURE, PARTED, MINE, OF = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local said = cjson.decode(ARGV[1])
local timing, me = said.timing, said.process

local now = said.now
if not now then
    local time = redis.call('TIME')
    now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local function number(text) return tonumber(text or 0) end

-- One process's count of one name, and what all of them have then.
local function put(kind, name, count, mine)
    local totals = kind == 'h' and HOLDERS or ADDRESSES
    local was = number(redis.call('HGET', mine, kind .. name))
    local before = number(redis.call('ZSCORE', totals, name))
    if count == was then return before, before end
    local total = before + count - was
    local field = kind .. name
    if count > 0 then redis.call('HSET', mine, field, count) else redis.call('HDEL', mine, field) end
    if total > 0 then redis.call('ZADD', totals, total, name) else redis.call('ZREM', totals, name) end
    return before, total
end

local function went(holder, since)
    -- Who was never said to be here is not said to have gone.
    if redis.call('SREM', UNSURE, holder) == 1 then return false end
    redis.call('ZADD', GONE, since, holder)
    return true
end

local function bury(process, since)
    local its = OF .. process
    local names = redis.call('HKEYS', its)
    for _, field in ipairs(names) do
        local kind, name = string.sub(field, 1, 1), string.sub(field, 2)
        local before, total = put(kind, name, 0, its)
        if kind == 'h' and before > 0 and total <= 0 then
            went(name, math.max(since, number(redis.call('ZSCORE', PARTED, name))))
        end
    end
    redis.call('DEL', its)
    redis.call('HDEL', PROCESSES, process)
end

if said.leaving then
    bury(me, now)
    return {}
end

-- ------------------------------------------------------------------ the register's own life

local life = redis.call('HMGET', LIFE, 'id', 'born', 'last', 'hold', 'quiet')
local id, born, last = life[1] or said.new_life, number(life[2] or now), number(life[3] or now)
local hold, quiet = number(life[4]), number(life[5])
local forgot = said.life ~= '' and said.life ~= id
if forgot and now < born + timing.settle then
    hold, quiet = math.max(hold, born + timing.settle), math.max(quiet, born + timing.settle)
end
if now - last > timing.gap then hold = math.max(hold, now + timing.settle) end
redis.call('HSET', LIFE, 'id', id, 'born', born, 'last', now, 'hold', hold, 'quiet', quiet)
if not said.whole and (forgot or redis.call('HEXISTS', PROCESSES, me) == 0) then
    return {'life', id, 'say_all', 1}
end
if said.anew then bury(me, now) end
redis.call('HSET', PROCESSES, me, string.format('%.6f %d %d %d', now, said.total, said.staff, said.seq))

-- ------------------------------------------------------------------ who came, who went

local online, offline, gone, all_said = {}, {}, {}, 0
for _, change in ipairs(said.holders) do
    local holder, count, known = change[1], change[2], (forgot or said.mends) and change[3]
    local before, total = put('h', holder, count, MINE)
    if before <= 0 and total > 0 then
        if redis.call('ZREM', GONE, holder) == 0 and not known then
            if now < quiet then redis.call('SADD', UNSURE, holder) else online[#online + 1] = holder end
        end
    elseif total <= 0 and (before > 0 or known) then
        if went(holder, now) then gone[#gone + 1] = holder end
    elseif count == 0 and before > total then
        redis.call('ZADD', PARTED, now, holder)
    end
    if known then redis.call('SREM', UNSURE, holder) end
end
for _, change in ipairs(said.addresses) do put('a', change[1], change[2], MINE) end

redis.call('ZREMRANGEBYSCORE', PARTED, '-inf', now - timing.grace)

local total, staff, fresh = 0, 0, {}
local processes = redis.call('HGETALL', PROCESSES)
for i = 1, #processes, 2 do
    local process = processes[i]
    local heard, its_total, its_staff = string.match(processes[i + 1], '(%S+) (%S+) (%S+)')
    local silent = now - tonumber(heard)
    if silent > timing.dead and now >= hold then
        bury(process, tonumber(heard) + timing.beat)
    else
        total, staff = total + tonumber(its_total), staff + tonumber(its_staff)
        if process ~= me and silent <= timing.fresh then fresh[#fresh + 1] = process end
    end
end
if now >= hold then
    offline = redis.call('ZRANGEBYSCORE', GONE, '-inf', now - timing.grace, 'LIMIT', 0, said.most)
    for _, holder in ipairs(offline) do redis.call('ZREM', GONE, holder) end
    if #offline < said.most then all_said = 1 end
end
if now >= quiet then
    for _, holder in ipairs(redis.call('SMEMBERS', UNSURE)) do online[#online + 1] = holder end
    redis.call('DEL', UNSURE)
end

-- ------------------------------------------------------------------ who is near a limit

local function near(kind, totals, limit)
    local found = {}
    if limit == 0 or #fresh == 0 then return found end
    local names = redis.call('ZRANGEBYSCORE', totals, math.ceil(limit / 2), '+inf', 'LIMIT', 0, said.most)
    for _, name in ipairs(names) do
        local others = 0
        for _, process in ipairs(fresh) do
            others = others + number(redis.call('HGET', OF .. process, kind .. name))
        end
        if others > 0 then
            found[#found + 1] = name
            found[#found + 1] = others
        end
    end
    return found
end

for place = 1, 8 do redis.call('EXPIRE', KEYS[place], said.kept) end
return {
    'life', id, 'say_all', 0, 'now', string.format('%.6f', now),
    'total', total, 'staff', staff, 'users', redis.call('ZCARD', HOLDERS),
    'online', online, 'offline', offline, 'gone', gone, 'all_said', all_said,
    'kept', redis.call('HLEN', MINE),
    'holders', near('h', HOLDERS, said.per_holder), 'addresses', near('a', ADDRESSES, said.per_address),
}
"""
