import { z } from 'zod'
import { duration, text } from './kinds.js'
import { toSettings } from './settings.js'

/** Default of `max_backoff` as a multiple of `backoff`. */
const LONGEST_BACKOFF = 100
const JITTER = 0.2

const RESTARTS = {
  max_restarts: z
    .int()
    .min(0)
    .default(10)
    .describe(
      'Maximum number of restarts in the period `within`. With one more the actor counts as failed and stays down.',
    ),
  within: duration().prefault('60s').describe('Period in which restarts are counted.'),
}

const block = z.strictObject({
  restart: z
    .enum(['permanent', 'transient', 'temporary'])
    .default('permanent')
    .describe(
      'When to restart the actor: `permanent` always, `transient` only after a crash, `temporary` never.',
    ),
  ...RESTARTS,
  backoff: duration()
    .prefault('100ms')
    .describe('Delay before the second consecutive restart. It doubles with each further restart.'),
  max_backoff: duration().optional().describe('Maximum delay. Default: a hundred times `backoff`.'),
  heartbeat: duration()
    .prefault('1s')
    .meta({ reload: 'reconnect' })
    .describe(
      'How long an actor may neither send a heartbeat nor handle a message before it counts as stuck and is replaced. If it handles messages but sends no heartbeat: ten times as long.',
    ),
  shutdown: duration(0)
    .prefault('5s')
    .describe('How long the actor may take to stop before it is terminated.'),
  ready_timeout: duration()
    .prefault('10s')
    .describe(
      'How long a reload waits until a new or changed actor is connected and has opened all its subscriptions. After that nothing is changed.',
    ),
  group: text
    .optional()
    .describe('Name of a `supervisor` block, whose strategy also restarts other members of the group.'),
  poison_threshold: z
    .int()
    .min(1)
    .default(3)
    .describe('Number of actors that one message may crash before it is dead-lettered.'),
  warm_spares: z
    .int()
    .min(0)
    .max(16)
    .default(0)
    .describe('Number of spare threads kept loaded, so that a restart is faster.'),
})

/**
 * The defaults are more patient than OTP's, because a failed actor stays down until it is restarted by hand. The
 * heartbeat is passed to the actor.
 */
export const supervision = block
  .transform((values) => {
    const { heartbeatMs, backoffMs: initialMs, maxBackoffMs, ...rest } = toSettings(block, values)
    const maxMs = maxBackoffMs ?? initialMs * LONGEST_BACKOFF
    const backoff = { kind: 'exponential', initialMs, factor: 2, maxMs } as const
    return { heartbeatMs, supervision: { ...rest, backoff, jitter: JITTER } }
  })
  .prefault({})
  .meta({ reload: 'in place' })
  .describe('How the actor is supervised and restarted.')

/** Schema of a `supervisor` block. */
export const supervisor = z
  .strictObject({
    strategy: z
      .enum(['one_for_one', 'one_for_all', 'rest_for_one'])
      .default('one_for_one')
      .describe(
        'Which members restart when one crashes: `one_for_one` only that one, `one_for_all` all, `rest_for_one` that one and those declared after it.',
      ),
    ...RESTARTS,
  })
  .describe('A group of integrations that are restarted together.')
