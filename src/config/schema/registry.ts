import { z } from 'zod'
import type { RedisRegistry } from '../../core/discovery.js'
import { fault, together } from '../reading/fault.js'
import { duration, text } from './kinds.js'
import { toSettings } from './settings.js'
import { tls } from './tls.js'

const DEFAULT_PORT = 6379
const HIGHEST_PORT = 65_535
const LEAST_TTL_MS = 300

/** A host, maybe with a port. */
const place = text.transform((given, context) => {
  const [, v6, name, digits] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/iu.exec(given) ?? []
  const host = v6 ?? name
  const port = Number(digits ?? DEFAULT_PORT)
  if (host !== undefined && port >= 1 && port <= HIGHEST_PORT) return { host, port }
  const message = 'expected the host of a Redis, maybe with a port, such as "redis.internal:6379"'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** Where servers announce themselves: of a `discovery` or `announce` block. */
export const registry = z.strictObject({
  address: place.describe('The Redis in which servers announce themselves: a host, maybe with a port.'),
  key: text.describe('The sorted set that holds the addresses of the service.'),
  username: text.optional().describe('The account; needs `password`.'),
  password: z.string().meta({ writeOnly: true }).optional().describe('The password of the Redis.'),
  tls: tls.optional(),
})

/** An account without a password is none. */
export function checkAccount(
  { username, password }: Pick<z.output<typeof registry>, 'username' | 'password'>,
  context: z.RefinementCtx,
): void {
  if (username !== undefined && password === undefined)
    fault(context, ['username'], { message: '"username" needs "password" beside it' })
}

export function registryOf(values: z.output<typeof registry>): RedisRegistry {
  const { address, ...rest } = toSettings(registry, values)
  return { ...address, ...rest }
}

const block = z
  .strictObject({
    type: z.literal('redis').describe('What it announces itself in.'),
    ...registry.shape,
    ttl: duration(LEAST_TTL_MS)
      .prefault('30s')
      .describe('How long it is believed without announcing itself again.'),
    host: text.optional().describe('The name of this host for others; what it listens on without it.'),
  })
  .superRefine(together(checkAccount))

export const announce = block
  .transform(({ type: _, ttl, host, ...rest }) => ({
    registry: registryOf(rest),
    ttlMs: ttl as number,
    ...(host !== undefined && { host }),
  }))
  .describe('Where the server says that it listens, for `discovery` to find.')
