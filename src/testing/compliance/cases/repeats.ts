import assert from 'node:assert/strict'
import type { TimeoutError } from '../../../core/errors/operation.js'
import type { ComplianceCase } from '../case.js'
import type { CaseContext } from '../context.js'
import { eventually, rejected, soon } from '../waiting.js'

/** Three attempts of half a second; the breaker never opens. */
const RETRY = {
  timeout: '500ms',
  retry: { max_attempts: 3, initial: '10ms', jitter: 0 },
  circuit_breaker: { failure_threshold: 1_000 },
}

/** Cases for what may be retried, and for the late effects of an attempt that timed out. */
export const repeatCases: readonly ComplianceCase[] = [
  {
    name: 'a call that may have been executed is repeated only where it is idempotent',
    needs: ['call'],
    settings: RETRY,
    async run(context) {
      await context.serve()
      const call = (token: string, idempotent?: boolean) =>
        context
          .rpc()
          .call(
            context.method('slow'),
            { ms: 3_000, value: 1, token },
            idempotent === undefined ? {} : { idempotent },
          )
      const [once, never, thrice] = [context.name('once'), context.name('never'), context.name('thrice')]
      const calls = [call(once), call(never, false), call(thrice, true)]
      for (const each of calls) await rejected<TimeoutError>(each, 'timeout', 'a call that takes too long')
      // A server may recognise repetitions and execute the call only once.
      const isExecuted = async () => (await executions(context, thrice)) >= 1
      await eventually(isExecuted, 'the idempotent call is executed')
      // Executed once, or never if the first attempt ended before the call was sent.
      for (const token of [once, never]) assert.ok((await executions(context, token)) <= 1, 'executed once')
    },
  },
  {
    name: 'the answer to an attempt that timed out is dropped',
    needs: ['call'],
    settings: RETRY,
    async run(context) {
      await context.serve()
      const slow = () =>
        context.rpc().call(context.method('slow'), { ms: 700, value: 'late' }, { idempotent: true })
      const late = Array.from({ length: 5 }, slow).map((call) => call.catch(() => 'timed out'))
      for (let n = 0; n < 50; n++) {
        const answer = await soon(
          context
            .rpc()
            .call(context.method('slow'), { ms: 20, value: n }, { timeout: '10s', idempotent: true }),
          'call',
        )
        assert.equal(answer, n)
      }
      for (const outcome of await soon(Promise.all(late), 'the slow calls'))
        assert.ok(outcome === 'timed out' || outcome === 'late')
    },
  },
]

async function executions(context: CaseContext, token: string): Promise<number> {
  const recall = context.rpc('other').call<unknown[]>(context.method('recall'), {}, { timeout: '10s' })
  const remembered = await soon(recall, 'recall')
  return remembered.filter((each) => JSON.stringify(each) === JSON.stringify({ token })).length
}
