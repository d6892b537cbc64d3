import { z } from 'zod'
import { chaos, limits, mailbox } from './capacity.js'
import { type Protocol, protocolAttributes } from './integration.js'
import { duration } from './kinds.js'
import { listen } from './listen.js'
import { reconnectOfServer } from './reconnect.js'
import { announce } from './registry.js'
import { supervision } from './supervision.js'

/** What the specification has, and this version does not do. */
const later = z.unknown().optional().meta({ elsewhere: 'later' })

/** The `type` alone: it says what the rest of the block may be. */
export function serverType(types: readonly string[]) {
  return z.looseObject({ type: z.enum(types) })
}

/** A `server` block; `config` is left to the schema of the protocol. */
export function serverOf(protocol: Protocol) {
  return z
    .strictObject({
      ...protocolAttributes(protocol),
      listen,
      announce: announce.optional(),
      timeout: duration().prefault('30s').describe('The time for one attempt to listen.'),
      reconnect: reconnectOfServer,
      mailbox,
      limits,
      supervision,
      chaos: chaos.optional(),
      auth: later,
      method: later,
    })
    .describe(
      'Serves methods at a listener of our own. Callers are not checked yet: a server that asks for `auth` does not start.',
    )
}
