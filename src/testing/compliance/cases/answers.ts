import assert from 'node:assert/strict'
import type { ComplianceCase } from '../case.js'
import { eventually, soon } from '../waiting.js'

/** Far less memory than the answers of a case take together. */
const LITTLE_MEMORY = { limits: { memory: '96MB' }, timeout: '25s' }
const LARGE = 'x'.repeat(400_000)
const CALLS = 150

/** Cases for the memory of answers, and for calls whose answers do not come. */
export const answerCases: readonly ComplianceCase[] = [
  {
    name: 'answers that exceed the memory together all arrive, and the actor lives',
    needs: ['call'],
    settings: LITTLE_MEMORY,
    async run(context) {
      await context.serve()
      await soon(context.rpc().call(context.method('remember'), [LARGE]), 'remember')
      const answers = Array.from({ length: CALLS }, async () => {
        const remembered = await context.rpc().call<unknown[]>(context.method('recall'), {})
        return remembered.some((each) => Array.isArray(each) && each[0] === LARGE)
      })
      assert.deepEqual(new Set(await soon(Promise.all(answers), 'the large answers')), new Set([true]))
      assert.equal(context.metrics().restarts, 0)
      assert.deepEqual(await soon(context.rpc().call(context.method('echo'), [1]), 'a small one'), [1])
    },
  },
  {
    name: 'calls that time out together do not cost a connection that answers',
    needs: ['call'],
    settings: {
      timeout: '300ms',
      circuit_breaker: { failure_threshold: 1_000 },
      health_check: { timeout: '20s' },
    },
    async run(context) {
      await context.serve()
      const { connects, disconnects } = context.metrics().counts
      const slow = () => context.rpc().call(context.method('slow'), { ms: 700, value: 1 })
      const calls = Array.from({ length: 30 }, () =>
        slow().then(
          () => 'answered',
          ({ kind }: { kind: string }) => kind,
        ),
      )
      for (const outcome of await soon(Promise.all(calls), 'the slow calls'))
        assert.ok(outcome === 'timeout' || outcome === 'answered', outcome)
      await eventually(async () => {
        const echo = context.rpc().call<unknown[]>(context.method('echo'), [1])
        const [first] = await echo.catch(() => [])
        return first === 1
      }, 'the next call is answered')
      const { counts } = context.metrics()
      assert.deepEqual([counts.connects, counts.disconnects], [connects, disconnects])
    },
  },
]
