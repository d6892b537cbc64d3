import { Script } from './commands.js'
import { NOW } from './queue-scripts.js'

/**
 * Adds a request to the stream of its method, if a server is registered. It computes the expiry from the server's
 * clock, so the clocks of caller and server need not agree.
 * KEYS: requests, servers. ARGV: ms until the request expires, field, value, … Returns 1, or 0 if no server is
 * registered.
 */
export const REQUEST = new Script(`${NOW}
if redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf') == 0 then return 0 end
redis.call('XADD', KEYS[1], '*', 'until', string.format('%.0f', now + ARGV[1]), unpack(ARGV, 2))
return 1`)

/** Registers a server. KEYS: servers. ARGV: name, ms until the registration expires. Returns the time. */
export const LEASE = new Script(`${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 2)
return string.format('%.0f', now)`)

/**
 * Puts requests back that were read for a method that is no longer served here.
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
 * Adds an answer to the stream of a client. If the stream was flushed or evicted, creates it with an expiry.
 * KEYS: answers. ARGV: ms until it expires, field, value, …
 */
export const ANSWER = new Script(`
redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1`)

/**
 * Creates the stream of a client's answers or renews its expiry. KEYS: answers. ARGV: ms. Returns 1 if it was created.
 */
export const KEEP_REPLIES = new Script(`
local missing = redis.call('EXISTS', KEYS[1]) == 0
if missing then redis.call('XADD', KEYS[1], 'MAXLEN', 0, '*', 'made', '1') end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return missing and 1 or 0`)

/** How long the server keeps the answers of a client that no longer renews its stream, in milliseconds. */
export const ANSWERS_KEPT_MS = 60_000
