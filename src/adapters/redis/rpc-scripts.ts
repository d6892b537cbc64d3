import { Script } from './commands.js'

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`

/**
 * Puts a request into the stream of its method, if anybody serves that. The time until which it is worth an answer
 * is told by the server's clock, so those of the two sides need not agree.
 * KEYS: requests, servers. ARGV: ms that it may take, field, value, … Returns 1, or 0 when nobody serves.
 */
export const REQUEST = new Script(`${NOW}
if redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf') == 0 then return 0 end
redis.call('XADD', KEYS[1], '*', 'until', string.format('%.0f', now + ARGV[1]), unpack(ARGV, 2))
return 1`)

/**
 * Says that a server is there. KEYS: servers. ARGV: name, ms for which that is to be believed. Returns the time.
 */
export const LEASE = new Script(`${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 2)
return string.format('%.0f', now)`)

/** Keeps the stream of a client's answers there. KEYS: answers. ARGV: ms. Returns the newest id in it. */
export const KEEP_REPLIES = new Script(`
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('XADD', KEYS[1], 'MAXLEN', 0, '*', 'made', '1') end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`)
