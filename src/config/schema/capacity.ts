import { z } from 'zod'
import { OVERFLOW_POLICIES } from '../../core/overflow.js'
import { FAULTS } from '../../core/settings/chaos.js'
import { duration, size } from './kinds.js'
import { callerRate } from './load-limits.js'
import { settingsOf } from './settings.js'

const KB = 1024
const MB = 1024 * KB
/**
 * Minimum of `limits.memory`: an idle actor takes almost as much, so that a lower limit would restart it
 * repeatedly.
 */
const LEAST_MEMORY = 16 * MB
/** Minimum of `limits.frame`: a frame must hold at least a handshake. */
const LEAST_FRAME = KB

export const mailbox = settingsOf({
  messages: z
    .int()
    .min(1)
    .default(10_000)
    .describe('Maximum number of messages that wait in each direction.'),
  bytes: size().prefault('64MB').describe('Maximum bytes of payload that wait in each direction.'),
  overflow: z
    .enum(OVERFLOW_POLICIES)
    .default('block')
    .describe(
      'What happens to a message when the mailbox is full: `block` makes the sender wait, `reject` fails it, `drop-oldest` drops the oldest waiting message, `drop-newest` drops the new one.',
    ),
})
  .prefault({})
  .describe('Bounds of the mailbox between the host thread and the actor.')

const bounds = {
  memory: size(LEAST_MEMORY)
    .prefault('512MB')
    .describe('Memory (heap and buffers) at which the thread is restarted. Example: `"256MB"`.'),
  frame: size(LEAST_FRAME)
    .prefault('16MB')
    .describe('Maximum size of a frame, message or batch from the network.'),
}

export const limits = settingsOf(bounds).prefault({}).describe('Resource limits of the actor.')

export const limitsOfServer = settingsOf({
  ...bounds,
  connections: z
    .int()
    .min(1)
    .default(1000)
    .describe('Maximum number of open connections. Further connections are closed at once.'),
  connections_per_address: z
    .int()
    .min(1)
    .default(250)
    .describe(
      'Maximum number of open connections from one IPv4 address or one /64 of IPv6. Raise it for a server behind a proxy.',
    ),
  requests: z
    .int()
    .min(1)
    .default(10_000)
    .describe(
      'Maximum number of messages of callers that are not answered. Beyond it, a request over HTTP is refused with 503, a WebSocket is not read, and a gRPC call ends with RESOURCE_EXHAUSTED.',
    ),
  rate: callerRate
    .optional()
    .describe(
      'Limits the rate of requests of each caller, which is named by its identity or else by its address. Example: `rate { requests = 100 }`.',
    ),
})
  .prefault({})
  .describe('Resource limits of the server.')

export const limitsOfBroker = z
  .strictObject({ memory: bounds.memory })
  .prefault({})
  .describe('Resource limits of the broker.')

export const chaos = settingsOf({
  fault: z
    .enum(FAULTS)
    .describe(
      'Fault to inject: `throw` throws an error, `reject` rejects a promise, `exit` ends the thread, `leak-objects`, `leak-map` and `leak-buffers` fill the memory, `spin` loops forever, `block` blocks the thread for 5 s in a native call.',
    ),
  every: duration().describe('Interval between two faults. Example: `"30s"`.'),
}).describe('Injects faults into the integration, to test supervision. Not for production.')
