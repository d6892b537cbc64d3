import { z } from 'zod'
import { OVERFLOW_POLICIES } from '../../core/overflow.js'
import { FAULTS } from '../../core/settings.js'
import { duration, size } from './kinds.js'
import { toSettings } from './settings.js'

const KB = 1024
const MB = 1024 * KB
/** An idle actor takes almost as much: it would be replaced again and again. */
const LEAST_MEMORY = 16 * MB
/** A frame has to hold at least a handshake. */
const LEAST_FRAME = KB

const box = z.strictObject({
  messages: z.int().min(1).default(10_000).describe('Messages that may wait in each direction.'),
  bytes: size().prefault('64MB').describe('Bytes of payload that may wait.'),
  overflow: z
    .enum(OVERFLOW_POLICIES)
    .default('block')
    .describe('What happens to a message for which there is no room.'),
})

export const mailbox = box
  .transform((values) => toSettings(box, values))
  .prefault({})
  .describe('What may wait between the host thread and the actor.')

const bounds = z.strictObject({
  memory: size(LEAST_MEMORY).prefault('512MB').describe('Heap and buffers at which the thread is replaced.'),
  frame: size(LEAST_FRAME).prefault('16MB').describe('The largest frame, message or batch from the network.'),
})

export const limits = bounds
  .transform((values) => toSettings(bounds, values))
  .prefault({})
  .describe('What an actor may take.')

export const limitsOfBroker = bounds.pick({ memory: true }).prefault({}).describe('What the broker may take.')

const breakage = z.strictObject({
  fault: z.enum(FAULTS).describe('What the actor does to itself.'),
  every: duration().describe('How often.'),
})

export const chaos = breakage
  .transform((values) => toSettings(breakage, values))
  .describe('Breaks the integration on purpose, to try out supervision.')
