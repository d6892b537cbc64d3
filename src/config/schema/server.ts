import { z } from 'zod'
import { chaos, limitsOfServer, mailbox } from './capacity.js'
import { expose } from './expose.js'
import { type Protocol, protocolAttributes } from './integration.js'
import { duration, text } from './kinds.js'
import { nameOf } from './late.js'
import { listen } from './listen.js'
import { reconnectOfServer } from './reconnect.js'
import { announce } from './registry.js'
import { method } from './server-access.js'
import { serverAuth } from './server-auth.js'
import { supervision } from './supervision.js'

/** The `type` alone, which determines the schema of the rest of the block. */
export function serverType(types: readonly string[]) {
  return z.looseObject({ type: z.enum(types) })
}

/** Builds the schema of a `server` block. `config` is read by the schema of the protocol. */
export function serverOf(protocol: Protocol) {
  return z
    .strictObject({
      ...protocolAttributes(protocol),
      listen,
      announce: announce.optional(),
      requires: z
        .array(nameOf('integration'))
        .optional()
        .describe(
          'JSON-RPC: integrations that must be connected before `GET /readyz` answers 200. Default: all.',
        ),
      expose: expose.optional(),
      timeout: duration().prefault('30s').describe('Time limit of one attempt to listen.'),
      reconnect: reconnectOfServer,
      mailbox,
      limits: limitsOfServer,
      supervision,
      chaos: chaos.optional(),
      auth: serverAuth.optional(),
      method: z
        .record(text, method)
        .default({})
        .describe('Methods by their names. In HCL: `method "NAME" { … }`.'),
    })
    .describe('Serves methods on a listener of the gateway.')
}
