import { z } from 'zod'
import type { AuthType } from '../../core/settings/auth.js'
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
import { serve } from './serve.js'
import { supervision } from './supervision.js'

/** What the schema needs to know about a protocol. */
export interface Protocol {
  readonly formats: readonly string[]
  readonly defaultFormat: string
}

/** The `type` alone, which determines the schema of the rest of the block. */
export const typeOnly = z.looseObject({ type: text })

/** Builds the attributes that depend on the protocol. */
export function protocolAttributes({ formats, defaultFormat }: Protocol) {
  return {
    type: text.meta({ reload: 'replace' }).describe('Protocol.'),
    config: ofManifest.describe('Settings of the protocol.'),
    format: z.enum(formats).default(defaultFormat).describe('Wire format of payloads.'),
  }
}

/** Builds the schema of an `integration` block. `config` is read by the schema of the protocol. */
export function integrationOf(protocol: Protocol & { readonly auth: readonly AuthType[] }) {
  return z
    .strictObject({
      ...protocolAttributes(protocol),
      timeout: duration().optional().describe('Time limit of one attempt of an operation. Default: `30s`.'),
      endpoint: endpoint.optional(),
      discovery: discovery.optional(),
      auth: authOf(protocol.auth),
      serve: serve.optional(),
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
