import { z } from 'zod'
import { limitsOfBroker } from './capacity.js'
import { ofManifest } from './kinds.js'
import { supervision } from './supervision.js'

/** A `broker` block; `listen` is left to the schema of the broker. */
export function brokerOf(types: readonly string[]) {
  return z
    .strictObject({
      type: z.enum(types).describe('The broker.'),
      listen: ofManifest.describe('Where it is reached.'),
      limits: limitsOfBroker,
      supervision,
    })
    .describe('A broker in the process, in a separate thread.')
}
