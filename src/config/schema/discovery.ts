import { isIP } from 'node:net'
import { z } from 'zod'
import { BALANCES, type DiscoverySource } from '../../core/discovery.js'
import { ifAllValid } from '../reading/fault.js'
import { duration, text } from './kinds.js'
import { checkAccount, registry, registryOf } from './registry.js'
import { toSettings } from './settings.js'

const MIN_INTERVAL_MS = 10

/** A name for a DNS query; an IP address is not one. */
const name = text.refine((given) => /^[\w-]+(\.[\w-]+)*\.?$/u.test(given) && isIP(given) === 0, {
  error: 'expected the name of a host or service, such as "api.internal" or "_mqtt._tcp.example.com"',
})

/** The IP address of a DNS server, with an optional port. */
const server = text.refine(
  (given) => {
    const [, v6, v4] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/u.exec(given) ?? []
    return isIP(v6 ?? v4 ?? given) !== 0
  },
  {
    error:
      'expected the IP address of a DNS server with an optional port, such as "10.0.0.2" or "127.0.0.1:5353"',
  },
)

const common = z.strictObject({
  interval: duration(MIN_INTERVAL_MS).prefault('30s').describe('Interval between two lookups.'),
  eject: duration().prefault('10s').describe('How long an unreachable address is excluded.'),
  balance: z
    .enum(BALANCES)
    .default('round_robin')
    .describe('How one of several addresses is chosen. `least_pending` is available for JSON-RPC over HTTP.'),
  scheme: text
    .regex(/^[a-z][a-z\d+.-]*$/iu, 'expected the scheme of an address, such as "wss"')
    .optional()
    .describe('URL scheme of discovered addresses. Example: `"wss"`.')
    .meta({ example: 'wss' }),
})

const dns = {
  name: name.describe(
    'Name to look up. Example: `"api.internal"`, or `"_mqtt._tcp.example.com"` for `dns-srv`.',
  ),
  servers: z
    .array(server)
    .default([])
    .describe(
      'DNS servers, with an optional port each. For `dns-srv` they also resolve the targets. Default: those of the system. Example: `["10.0.0.2", "127.0.0.1:5353"]`.',
    ),
}

const block = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('static').describe('Uses the addresses of the endpoint.'),
    ...common.shape,
  }),
  z.strictObject({
    type: z.literal('dns').describe('Looks up the A and AAAA records of a name.'),
    ...dns,
    ...common.shape,
  }),
  z.strictObject({
    type: z.literal('dns-srv').describe('Looks up the SRV records of a name.'),
    ...dns,
    ...common.shape,
  }),
  z
    .strictObject({
      type: z.literal('redis').describe('Reads the addresses that servers `announce`.'),
      ...registry.shape,
      ...common.shape,
    })
    .superRefine(ifAllValid(checkAccount)),
])

export const discovery = block
  .transform((values) => {
    const { interval, eject, balance, scheme, ...rest } = values
    return { source: sourceOf(rest), ...toSettings(common, { interval, eject, balance, scheme }) }
  })
  .meta({ notYet: { nats: 'discovery by nats' } })
  .describe('Finds the addresses of the service.')

function sourceOf(
  rest: DistributiveOmit<z.output<typeof block>, keyof typeof common.shape>,
): DiscoverySource {
  if (rest.type !== 'redis') return rest
  const { type, ...registryValues } = rest
  return { type, registry: registryOf(registryValues) }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
