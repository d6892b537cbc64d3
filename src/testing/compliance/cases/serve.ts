import assert from 'node:assert/strict'
import { RpcError } from '../../../core/errors/rpc.js'
import type { ComplianceCase } from '../case.js'
import { rejected, soon } from '../waiting.js'

/** Cases for serving methods. */
export const serveCases: readonly ComplianceCase[] = [
  {
    name: 'requests are served at the same time, each answered when it is done',
    needs: ['call', 'serve'],
    async run(context) {
      const method = context.name('gate')
      const open = new Map<number, () => void>()
      context.server('subject').register(
        method,
        (params) =>
          new Promise((resolve) => {
            const [n] = params as [number]
            open.set(n, () => resolve(n))
            if (open.size === 5) for (const each of [4, 2, 0, 1, 3]) open.get(each)!()
          }),
      )
      await soon(context.server('subject').serve(), 'serve')
      const answers = Array.from({ length: 5 }, (_, n) => context.rpc('other').call(method, [n]))
      assert.deepEqual(await soon(Promise.all(answers), 'calls'), [0, 1, 2, 3, 4])
    },
  },
  {
    name: 'what a handler throws is the answer: an RpcError as it is, anything else without its details',
    needs: ['call', 'serve'],
    async run(context) {
      const [known, unknown] = [context.name('known'), context.name('unknown')]
      context
        .server('subject')
        .register(known, () => {
          throw new RpcError(7, 'no such order', { id: 1 })
        })
        .register(unknown, async () => {
          throw new Error('password=hunter2')
        })
      await soon(context.server('subject').serve(), 'serve')
      const first = await rejected<RpcError>(context.rpc('other').call(known, {}), 'rpc', 'known')
      assert.deepEqual([first.code, first.message, first.data], [7, 'no such order', { id: 1 }])
      const second = await rejected<RpcError>(context.rpc('other').call(unknown, {}), 'rpc', 'unknown')
      assert.equal(second.code, -32_603)
      assert.ok(!JSON.stringify([second.message, second.data]).includes('hunter2'))
    },
  },
  {
    name: 'a handler that answers with what cannot be serialised fails that call and no other',
    needs: ['call', 'serve'],
    async run(context) {
      const method = context.name('bad-answer')
      const answers: Record<string, unknown> = { function: () => 1, map: new Map([[1, 2]]), good: 'good' }
      context.server('subject').register(method, (params) => answers[(params as [string])[0]])
      await soon(context.server('subject').serve(), 'serve')
      for (const which of ['function', 'map']) {
        const call = context.rpc('other').call(method, [which], { timeout: '10s' })
        assert.equal((await rejected<RpcError>(call, 'rpc', `answering with a ${which}`)).code, -32_603)
      }
      assert.equal(await soon(context.rpc('other').call(method, ['good']), 'call'), 'good')
    },
  },
  {
    name: 'an RpcError is the answer whatever it holds beside code, message and data',
    needs: ['call', 'serve'],
    async run(context) {
      const method = context.name('burdened')
      const burdens: Record<string, (error: RpcError) => unknown> = {
        itself: (error) => error,
        'a function': () => () => 1,
        'a getter that throws': () => Object.defineProperty({}, 'bad', { enumerable: true, get: fail }),
      }
      context.server('subject').register(method, (params) => {
        const error = new RpcError(7, 'no such order')
        throw Object.assign(error, { burden: burdens[(params as [string])[0]]!(error) })
      })
      await soon(context.server('subject').serve(), 'serve')
      for (const burden of Object.keys(burdens)) {
        const call = context.rpc('other').call(method, [burden], { timeout: '10s' })
        const error = await rejected<RpcError>(call, 'rpc', `an error with ${burden}`)
        assert.deepEqual([error.code, error.message], [7, 'no such order'])
      }
    },
  },
  {
    name: 'large answers to many calls at the same time all arrive, and small ones beside them',
    needs: ['call', 'serve'],
    async run(context) {
      const [large, small] = [context.name('large'), context.name('small')]
      context
        .server('subject')
        .register(large, () => 'x'.repeat(500_000))
        .register(small, async (params) => params)
      await soon(context.server('subject').serve(), 'serve')
      const call = (method: string, n: number) => context.rpc('other').call(method, [n], { timeout: '25s' })
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, n) => Promise.all([call(large, n), call(small, n)])),
      )
      for (const [n, [first, second]] of answers.entries()) {
        assert.equal((first as string).length, 500_000)
        assert.deepEqual(second, [n])
      }
    },
  },
  {
    name: 'a service goes on after a crash of its actor',
    needs: ['call', 'serve'],
    async run(context) {
      const method = context.name('survivor')
      let served = 0
      context.server('subject').register(method, () => ++served)
      await soon(context.server('subject').serve(), 'serve')
      assert.equal(await soon(context.rpc('other').call(method), 'call'), 1)
      await context.crash('subject')
      await context.connected('subject')
      const call = () => context.rpc('other').call(method, undefined, { timeout: '5s' })
      // Until the service is restored, a call is refused or times out.
      let answer: unknown
      for (let i = 0; i < 50 && answer === undefined; i++) answer = await call().catch(() => undefined)
      assert.equal(answer, served)
      assert.ok(served >= 2)
    },
  },
]

function fail(): never {
  throw new Error('it cannot be read')
}
