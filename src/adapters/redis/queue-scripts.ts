import { Script } from './commands.js'

/** The consumer that owns the entries of a group which were given back. It never reads. */
const RETURNED = 'nemo:returned'

/**
 * Lua that sets `now` to the server's clock, in epoch milliseconds. One clock for all processes makes due times
 * comparable.
 */
export const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`

/** Wakes one blocked reader of each group. Does not create the stream: without it there is no reader to wake. */
const WAKE = `redis.call('XADD', wake, 'NOMKSTREAM', 'MAXLEN', '~', 100, '*', 'due', '1')`

/**
 * Stores a message until it is due. A reader of the queue then moves it to the stream (`CLAIM`).
 * KEYS: later, bodies, wake. ARGV: id, delay in ms, field, value, …
 */
export const SEND_LATER = new Script(`${NOW}
local wake = KEYS[3]
local fields = {}
for i = 3, #ARGV do fields[i - 2] = ARGV[i] end
redis.call('HSET', KEYS[2], ARGV[1], cmsgpack.pack(fields))
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
${WAKE}
return 1`)

/**
 * Moves due messages to the stream, then claims up to `count` entries: those given back that are due, and those of
 * consumers that have stopped renewing them (XAUTOCLAIM). Wakes another reader if more is due.
 * KEYS: stream, later, bodies, retry, wake. ARGV: group, consumer, count, idle ms from which to claim or -1, cursor.
 * Returns: ms until something is due or -1, the next cursor, { id, fields, number of deliveries } for each entry.
 */
export const CLAIM = new Script(`${NOW}
local stream, later, bodies, retry, wake = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local group, consumer, count, idle = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local cursor = ARGV[5]
local taken = {}
local function take(id)
  local claimed = redis.call('XCLAIM', stream, group, consumer, 0, id)
  local entry = claimed[1]
  if not entry then
    -- The entry was deleted from the stream. Acknowledge it, because there is nothing left to deliver.
    redis.call('XACK', stream, group, id)
    return
  end
  local pending = redis.call('XPENDING', stream, group, id, id, 1)[1]
  taken[#taken + 1] = { entry[1], entry[2], pending and pending[4] or 1 }
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, 100)) do
  local body = redis.call('HGET', bodies, id)
  if body then redis.call('XADD', stream, '*', unpack(cmsgpack.unpack(body))) end
  redis.call('HDEL', bodies, id)
  redis.call('ZREM', later, id)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', retry, '-inf', now, 'LIMIT', 0, count)) do
  redis.call('ZREM', retry, id)
  take(id)
end
if idle >= 0 and #taken < count then
  local found = redis.call('XAUTOCLAIM', stream, group, consumer, idle, cursor, 'COUNT', count - #taken, 'JUSTID')
  cursor = found[1]
  for _, id in ipairs(found[2]) do
    local due = redis.call('ZSCORE', retry, id)
    if due and tonumber(due) > now then
      redis.call('XCLAIM', stream, group, '${RETURNED}', 0, id, 'JUSTID')
    else
      redis.call('ZREM', retry, id)
      take(id)
    end
  end
end
local due = -1
for _, key in ipairs({ later, retry }) do
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  if first[2] then
    local wait = math.max(0, tonumber(first[2]) - now)
    if due < 0 or wait < due then due = wait end
  end
end
if due == 0 and #taken > 0 then ${WAKE} end
return { due, cursor, taken }`)

/**
 * Claims the entries that an earlier life of this consumer had pending.
 * KEYS: stream. ARGV: group, consumer, count, the id after which to look. Returns entries as `CLAIM` does.
 */
export const RECOVER = new Script(`
local taken = {}
for _, pending in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], '(' .. ARGV[4], '+', ARGV[3], ARGV[2])) do
  local entry = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, pending[1])[1]
  if entry then taken[#taken + 1] = { entry[1], entry[2], pending[4] + 1 }
  else
    redis.call('XACK', KEYS[1], ARGV[1], pending[1])
    taken[#taken + 1] = { pending[1], false, 0 }
  end
end
return taken`)

/**
 * Gives entries back for redelivery after a delay, except those that another consumer has claimed. They stay pending,
 * so that none is lost if a process dies.
 * KEYS: stream, retry, wake. ARGV: group, consumer, delay ms, 1 to not count the delivery, id, …
 */
export const GIVE_BACK = new Script(`${NOW}
local wake = KEYS[3]
local given = 0
for i = 5, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)[1]
  if pending and pending[2] == ARGV[2] then
    local deliveries = math.max(0, pending[4] - ARGV[4])
    redis.call('XCLAIM', KEYS[1], ARGV[1], '${RETURNED}', 0, ARGV[i], 'RETRYCOUNT', deliveries, 'JUSTID')
    redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[i])
    given = given + 1
    ${WAKE}
  end
end
return given`)

/** Resets the idle time of a consumer's entries. KEYS: stream. ARGV: group, consumer, id, … */
export const RENEW = new Script(`
for i = 3, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)[1]
  if pending and pending[2] == ARGV[2] then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
  end
end
return 1`)

/**
 * Removes a consumer from its group unless it has entries in hand. Gives back its other pending entries, counted, and
 * repeats a wake that it may have consumed.
 * KEYS: stream, retry, wake. ARGV: group, consumer, id in hand, …
 */
export const LEAVE = new Script(`${NOW}
local stream, retry, wake = KEYS[1], KEYS[2], KEYS[3]
local group, consumer = ARGV[1], ARGV[2]
local inHand = {}
for i = 3, #ARGV do inHand[ARGV[i]] = true end
local from, kept = '-', 0
repeat
  local page = redis.call('XPENDING', stream, group, from, '+', 100, consumer)
  for _, pending in ipairs(page) do
    if inHand[pending[1]] then kept = kept + 1
    else
      redis.call('XCLAIM', stream, group, '${RETURNED}', 0, pending[1], 'JUSTID')
      redis.call('ZADD', retry, now, pending[1])
    end
    from = '(' .. pending[1]
  end
until #page < 100
if kept == 0 then
  redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
  if redis.call('EXISTS', wake) == 1 then redis.pcall('XGROUP', 'DELCONSUMER', wake, group, consumer) end
end
if redis.call('ZCOUNT', retry, '-inf', now) > 0 then ${WAKE} end
return kept`)

/** Idle time after which a consumer is removed from its group, in milliseconds. */
export const FORGOTTEN_MS = 60_000

/**
 * Removes consumers from a group that have nothing pending and have been idle for long.
 * KEYS: stream, wake (optional). ARGV: group, our own name, idle ms.
 */
export const SWEEP = new Script(`
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local info = {}
  for i = 1, #consumer, 2 do info[consumer[i]] = consumer[i + 1] end
  if info['pending'] == 0 and info['idle'] > tonumber(ARGV[3]) and info['name'] ~= ARGV[2] then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], info['name'])
    if KEYS[2] and redis.call('EXISTS', KEYS[2]) == 1 then
      redis.pcall('XGROUP', 'DELCONSUMER', KEYS[2], ARGV[1], info['name'])
    end
  end
end
return 1`)
