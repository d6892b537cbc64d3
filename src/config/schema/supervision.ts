import { z } from 'zod'
import { duration, text } from './kinds.js'
import { toSettings } from './settings.js'

/** The longest delay between restarts, in first delays: `backoff = "1ms"` never waits longer than 100 ms. */
const LONGEST_BACKOFF = 100
const JITTER = 0.2

const RESTARTS = {
  max_restarts: z
    .int()
    .min(0)
    .default(10)
    .describe('More restarts than this in the time `within`, and it is given up.'),
  within: duration().prefault('60s').describe('The time in which restarts are counted.'),
}

const block = z.strictObject({
  restart: z
    .enum(['permanent', 'transient', 'temporary'])
    .default('permanent')
    .describe('Whether it is restarted: always, after a crash alone, or never.'),
  ...RESTARTS,
  backoff: duration()
    .prefault('100ms')
    .describe('The delay before the second restart in a row; it doubles from there.'),
  max_backoff: duration().optional().describe('Where the doubling ends: a hundred times `backoff`.'),
  heartbeat: duration().prefault('1s').describe('How long an actor may be silent before it counts as stuck.'),
  shutdown: duration(0).prefault('5s').describe('How long it may take to stop before it is ended.'),
  group: text.optional().describe('The `supervisor` that restarts it together with others.'),
  poison_threshold: z
    .int()
    .min(1)
    .default(3)
    .describe('How many actors one message may kill before it is dead-lettered.'),
  warm_spares: z
    .int()
    .min(0)
    .max(16)
    .default(0)
    .describe('Threads kept loaded, so that a successor is there at once.'),
})

/** More patient than OTP: what has been given up stays down until somebody acts. The heartbeat is the actor's. */
export const supervision = block
  .transform((values) => {
    const { heartbeatMs, backoffMs: initialMs, maxBackoffMs, ...rest } = toSettings(block, values)
    const maxMs = maxBackoffMs ?? initialMs * LONGEST_BACKOFF
    const backoff = { kind: 'exponential', initialMs, factor: 2, maxMs } as const
    return { heartbeatMs, supervision: { ...rest, backoff, jitter: JITTER } }
  })
  .prefault({})
  .describe('How the actor is restarted.')

/** A `supervisor` block. */
export const supervisor = z
  .strictObject({
    strategy: z
      .enum(['one_for_one', 'one_for_all', 'rest_for_one'])
      .default('one_for_one')
      .describe('Who is restarted with one that dies: nobody, all, or those after it.'),
    ...RESTARTS,
  })
  .describe('A group of integrations that are restarted together.')
