import { Script } from './commands.js'
import { NOW } from './queue-scripts.js'

/**
 * Puts a request into the stream of its method, if it is served. The time until which it is worth an answer is by the
 * server's clock, so the clocks of the two sides need not agree.
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

/**
 * Puts requests back that were read for a method which is not served here any more.
 * KEYS: requests. ARGV: id, …
 */
export const RETURN_REQUEST = new Script(`
for i = 1, #ARGV do
  local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
  if entry and redis.call('XDEL', KEYS[1], ARGV[i]) == 1 then
    redis.call('XADD', KEYS[1], '*', unpack(entry[2]))
  end
end
return 1`)

/**
 * Puts an answer into the stream of a client. The stream may have been flushed or evicted: then it is made, for as long
 * as a client that is gone keeps one. KEYS: answers. ARGV: ms for which it is kept, field, value, …
 */
export const ANSWER = new Script(`
redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1`)

/** Keeps the stream of a client's answers there. KEYS: answers. ARGV: ms. Returns 1 when it had to be made. */
export const KEEP_REPLIES = new Script(`
local missing = redis.call('EXISTS', KEYS[1]) == 0
if missing then redis.call('XADD', KEYS[1], 'MAXLEN', 0, '*', 'made', '1') end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return missing and 1 or 0`)

/** The server forgets the answers of a client that has not been heard of for so long, in milliseconds. */
export const ANSWERS_KEPT_MS = 60_000
