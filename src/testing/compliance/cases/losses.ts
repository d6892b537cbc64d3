import assert from 'node:assert/strict'
import type { IntegrationError } from '../../../core/errors/integration-error.js'
import type { ComplianceCase } from '../case.js'
import type { CaseContext } from '../context.js'
import { eventually, soon } from '../waiting.js'

const RESTARTS = 4
/** Calls in flight at each moment: enough that a restart meets calls in every state. */
const IN_FLIGHT = 128
/** The longest time that a call takes, in milliseconds. */
const LONGEST_MS = 40

/** Cases for what is in flight when the connection is lost. */
export const lossCases: readonly ComplianceCase[] = [
  {
    name: 'a call in flight when its connection is lost is executed at most once, and never where it says it was not',
    needs: ['call', 'restartBroker'],
    settings: { timeout: '5s', circuit_breaker: { failure_threshold: 100_000 } },
    async run(context) {
      await context.serve()
      const unexecuted: string[] = []
      const name = context.name('call')
      let made = 0
      let isLoading = true
      const load = async () => {
        while (isLoading) {
          const token = `${name}-${made}`
          const ms = made++ % LONGEST_MS
          const call = context.rpc().call(context.method('slow'), { ms, value: 1, token })
          await call.catch((error: IntegrationError) => {
            if (error.notExecuted === true) unexecuted.push(token)
          })
        }
      }
      const loads = Array.from({ length: IN_FLIGHT }, load)
      for (let n = 0; n < RESTARTS; n++) {
        await answered(context)
        await soon(context.restartBroker!(), 'restart of the broker')
      }
      isLoading = false
      await soon(Promise.all(loads), 'the calls')
      await answered(context)
      const executed = await soon(
        context.rpc('other').call<{ token: string }[]>(context.method('recall'), {}, { timeout: '10s' }),
        'recall',
      )
      const tokens = executed.map(({ token }) => token)
      const once = new Set(tokens)
      const twice = tokens.filter((token) => !once.delete(token))
      assert.deepEqual(twice, [], 'executed twice')
      const all = new Set(tokens)
      assert.deepEqual(
        unexecuted.filter((token) => all.has(token)),
        [],
        'executed, but reported as not executed',
      )
    },
  },
]

/** Resolves when the connections carry calls again. */
async function answered(context: CaseContext): Promise<void> {
  const echo = () => context.rpc().call(context.method('echo'), [1], { timeout: '1s' })
  await eventually(async () => (await echo().catch(() => undefined)) !== undefined, 'a call is answered')
}
