import { z } from 'zod'
import { limitsOfBroker } from './capacity.js'
import { ofManifest } from './kinds.js'
import { supervision } from './supervision.js'

/** Builds the schema of a `broker` block. `listen` is read by the schema of the broker. */
export function brokerOf(types: readonly string[]) {
  return z
    .strictObject({
      type: z.enum(types).describe('Type of the broker.'),
      listen: ofManifest.describe('Where the broker listens.'),
      limits: limitsOfBroker,
      supervision,
    })
    .describe('An embedded broker, in a separate thread of the process.')
}
