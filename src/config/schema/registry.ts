import { z } from 'zod'
import type { RedisRegistry } from '../../core/discovery.js'
import { ifAllValid, needsBeside } from '../reading/fault.js'
import { duration, text } from './kinds.js'
import { toSettings } from './settings.js'
import { tls } from './tls.js'

const DEFAULT_PORT = 6379
const HIGHEST_PORT = 65_535
const LEAST_TTL_MS = 300

/** A host with an optional port. */
const place = text.transform((given, context) => {
  const [, v6, name, digits] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/iu.exec(given) ?? []
  const host = v6 ?? name
  const port = Number(digits ?? DEFAULT_PORT)
  if (host !== undefined && port >= 1 && port <= HIGHEST_PORT) return { host, port }
  const message = 'expected the host of a Redis with an optional port, such as "redis.internal:6379"'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** The registry of a `discovery` or `announce` block. */
export const registry = z.strictObject({
  address: place.describe(
    'Host of the Redis in which servers announce themselves, with an optional port. Example: `"redis.internal:6379"`.',
  ),
  key: text.describe('Key of the sorted set with the addresses of the service.'),
  username: text.optional().describe('Account name. Requires `password`.'),
  password: z.string().meta({ writeOnly: true }).optional().describe('Password of the Redis.'),
  tls: tls.optional(),
})

/** Reports an account without a password. */
export function checkAccount(
  values: Pick<z.output<typeof registry>, 'username' | 'password'>,
  context: z.RefinementCtx,
): void {
  needsBeside(context, values, 'username', 'password')
}

export function registryOf(values: z.output<typeof registry>): RedisRegistry {
  const { address, ...rest } = toSettings(registry, values)
  return { ...address, ...rest }
}

const block = z
  .strictObject({
    type: z.literal('redis').describe('Announces the server in a Redis.'),
    ...registry.shape,
    ttl: duration(LEAST_TTL_MS)
      .prefault('30s')
      .describe('How long an announcement is valid. The server renews it earlier.'),
    host: text
      .optional()
      .describe(
        'Host name for clients. Default: the address that the server listens on. Example: `"api-1.internal"`.',
      ),
  })
  .superRefine(ifAllValid(checkAccount))

export const announce = block
  .transform(({ type: _, ttl, host, ...rest }) => ({
    registry: registryOf(rest),
    ttlMs: ttl as number,
    ...(host !== undefined && { host }),
  }))
  .describe('Announces the address of the server, so that a `discovery` finds it.')
