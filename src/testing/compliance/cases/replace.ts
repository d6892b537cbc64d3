import assert from 'node:assert/strict'
import type { ComplianceCase } from '../case.js'
import { eventually, failureOf, soon } from '../waiting.js'

const TIMES = 10

/** Cases for replacing a set of methods as a whole. */
export const replaceCases: readonly ComplianceCase[] = [
  {
    name: 'methods are served again under load, and no call fails over it',
    needs: ['call', 'serve'],
    async run(context) {
      const method = context.name('again')
      const server = context.server('subject').register(method, (params) => params)
      await soon(server.serve(), 'serve')
      const failed: string[] = []
      let answered = 0
      let ended = false
      const call = async () => {
        while (!ended)
          try {
            await context.rpc('other').call(method, [answered], { timeout: '10s' })
            answered++
          } catch (error) {
            failed.push((error as Error).message)
          }
      }
      const load = Array.from({ length: 4 }, call)
      for (let n = 0; n < TIMES; n++) {
        const before = answered
        await soon(server.serve(), 'serve again')
        await eventually(() => answered > before || failed.length > 0, 'calls go on')
      }
      ended = true
      await soon(Promise.all(load), 'the calls end')
      assert.equal(failed.length, 0, `${failed.length} calls failed, the first one with: ${failed[0]}`)
    },
  },
  {
    name: 'a method that cannot be served leaves what was served before, and nothing of the new set',
    needs: ['call', 'serve', 'unservable'],
    async run(context) {
      const [old, added] = [context.name('old'), context.name('added')]
      const server = context.server('subject').register(old, () => 'old')
      await soon(server.serve(), 'serve')
      const extend = async () => {
        server.register(added, () => 'added').register(context.unservable, () => 1)
        await server.serve()
      }
      const outcome = await failureOf(extend(), 'serve')
      assert.ok(outcome instanceof Error, 'it is refused')
      const call = (method: string) => context.rpc('other').call(method, {}, { timeout: '2s' })
      assert.equal(await soon(call(old), 'the earlier method'), 'old')
      const second = await failureOf(call(added), 'a method of the set that failed')
      assert.ok(second instanceof Error, 'the new method is not served')
      await soon(server.close(), 'close')
      const last = await failureOf(call(old), 'a call after close')
      assert.ok(last instanceof Error, 'nothing is served after close')
    },
  },
]
