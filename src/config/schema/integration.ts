import { z } from 'zod'
import type { AuthType } from '../../core/settings.js'
import { authOf } from './auth.js'
import { chaos, limits, mailbox } from './capacity.js'
import { circuitBreaker } from './circuit-breaker.js'
import { discovery } from './discovery.js'
import { endpoint } from './endpoint.js'
import { healthCheck } from './health-check.js'
import { duration, ofManifest, text } from './kinds.js'
import { bulkhead, rateLimit } from './load-limits.js'
import { protobuf } from './protobuf.js'
import { reconnect } from './reconnect.js'
import { retry } from './retry.js'
import { supervision } from './supervision.js'

/** What a schema has to know of a protocol. */
export interface Protocol {
  readonly formats: readonly string[]
  readonly defaultFormat: string
}

/** The `type` alone: it says what the rest of the block may be. */
export const typeOnly = z.looseObject({ type: text })

/** The `type` of a block, and what depends on the protocol that it names. */
export function protocolAttributes({ formats, defaultFormat }: Protocol) {
  return {
    type: text.describe('The protocol.'),
    config: ofManifest.describe('What the protocol itself has to be told.'),
    format: z.enum(formats).default(defaultFormat).describe('The wire format of payloads.'),
  }
}

/** An `integration` block; `config` is left to the schema of the protocol. */
export function integrationOf(protocol: Protocol & { readonly auth: readonly AuthType[] }) {
  return z
    .strictObject({
      ...protocolAttributes(protocol),
      timeout: duration().optional().describe('The time for one attempt of one operation: `30s`.'),
      endpoint: endpoint.optional(),
      discovery: discovery.optional(),
      auth: authOf(protocol.auth),
      retry,
      circuit_breaker: circuitBreaker,
      health_check: healthCheck,
      reconnect,
      rate_limit: rateLimit.optional(),
      bulkhead: bulkhead.optional(),
      mailbox,
      limits,
      supervision,
      protobuf: protobuf.optional(),
      chaos: chaos.optional(),
    })
    .describe('A connection to a service or broker.')
}
