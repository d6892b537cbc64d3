import assert from 'node:assert/strict'
import { sleep, systemClock } from '../../../core/clock.js'
import type { IntegrationError } from '../../../core/errors/integration-error.js'
import type { CircuitOpenError } from '../../../core/errors/limits.js'
import type { ComplianceCase } from '../case.js'
import type { CaseContext } from '../context.js'
import { eventually, failureOf, soon } from '../waiting.js'

const CALLERS = 8
/** Node may call a timer this much too early. */
const TIMER_SLACK_MS = 2

/** Cases for the circuit breaker. */
export const breakerCases: readonly ComplianceCase[] = [
  {
    name: 'callers of a half-open breaker wait for its probe, and go on when that succeeds',
    needs: ['call'],
    settings: { timeout: '600ms', circuit_breaker: { failure_threshold: 1, timeout: '300ms' } },
    async run(context) {
      await context.serve()
      // The first call may be too early, and on a slow machine the probe may time out as well.
      await eventually(async () => {
        await open(context)
        const calls = Array.from({ length: CALLERS }, (_, n) =>
          context
            .rpc()
            .call(context.method('slow'), { ms: 50, value: n })
            .catch(({ kind }: { kind: string }) => kind),
        )
        const outcomes = await soon(Promise.all(calls), 'the callers')
        if (outcomes.includes('timeout') || outcomes[0] === 'circuit-open') return false
        assert.deepEqual(
          outcomes,
          Array.from({ length: CALLERS }, (_, n) => n),
        )
        return true
      }, 'the probe is in time')
      assert.equal(context.gateway.connections.status('subject').breaker, 'closed')
    },
  },
]

/** Opens the breaker, and waits until it lets a probe through. */
async function open(context: CaseContext): Promise<void> {
  for (;;) {
    const late = context.rpc().call(context.method('slow'), { ms: 3_000, value: 1 })
    const error = (await failureOf(late, 'a call that takes too long')) as IntegrationError
    if (error.kind === 'circuit-open')
      return sleep(systemClock, (error as CircuitOpenError).retryAfterMs + TIMER_SLACK_MS)
    assert.equal(error.kind, 'timeout')
  }
}
