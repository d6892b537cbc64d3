import assert from 'node:assert/strict'
import type { RpcError } from '../../../core/errors/rpc.js'
import type { ComplianceCase } from '../case.js'
import { REFUSAL } from '../service.js'
import { eventually, rejected, soon } from '../waiting.js'

/** Cases for calls, notifications and batches. */
export const rpcCases: readonly ComplianceCase[] = [
  {
    name: 'a call is answered with its result',
    needs: ['call'],
    async run(context) {
      await context.serve()
      const echo = context.method('echo')
      assert.deepEqual(await soon(context.rpc().call(echo, { a: [1] }), 'call'), { a: [1] })
      assert.deepEqual(await soon(context.rpc().call(echo, [1, 'two']), 'call'), [1, 'two'])
      assert.equal(await soon(context.rpc().call(echo), 'call without parameters'), null)
      assert.deepEqual(await soon(context.rpc().callWithTimeout(echo, { b: 2 }, '10s'), 'call'), { b: 2 })
    },
  },
  {
    name: 'each of many calls at once gets its own answer',
    needs: ['call'],
    async run(context) {
      await context.serve()
      const calls = Array.from({ length: 100 }, (_, n) =>
        context.rpc().call(context.method('slow'), { ms: (n * 7) % 20, value: n }),
      )
      assert.deepEqual(
        await soon(Promise.all(calls), 'many calls'),
        Array.from({ length: 100 }, (_, n) => n),
      )
    },
  },
  {
    name: 'an error answer carries its code, message and data',
    needs: ['call'],
    async run(context) {
      await context.serve()
      const error = await rejected<RpcError>(
        context.rpc().call(context.method('fail'), {}),
        'rpc',
        'a call that fails',
      )
      assert.equal(error.code, REFUSAL.code)
      assert.equal(error.message, REFUSAL.message)
      assert.deepEqual(error.data, REFUSAL.data)
      assert.equal(error.integration, 'subject')
      assert.equal(error.name, 'RpcError')
    },
  },
  {
    name: 'calling a method without a server is an RpcError',
    needs: ['call', 'unknownMethod'],
    async run(context) {
      const call = context.rpc().call(context.name('unserved'), {})
      assert.equal((await rejected<RpcError>(call, 'rpc', 'an unknown method')).code, -32_601)
    },
  },
  {
    name: 'a notification arrives',
    needs: ['call', 'notify'],
    async run(context) {
      await context.serve()
      const token = { token: context.name('token') }
      await soon(context.rpc().notify(context.method('remember'), token), 'notify')
      await eventually(async () => {
        const remembered = await soon(context.rpc().call<unknown[]>(context.method('recall')), 'recall')
        return remembered.some((each) => JSON.stringify(each) === JSON.stringify(token))
      }, 'the notification is remembered')
    },
  },
  {
    name: 'a batch is answered in its order, and one call that fails leaves the others alone',
    needs: ['call', 'batch'],
    async run(context) {
      await context.serve()
      const results = await soon(
        context
          .rpc()
          .batch([
            { method: context.method('slow'), params: { ms: 60, value: 'slow' } },
            { method: context.method('fail') },
            { method: context.method('echo'), params: { n: 3 } },
          ]),
        'batch',
      )
      assert.deepEqual(
        results.map((result) => (result.ok ? result.value : result.error.kind)),
        ['slow', 'rpc', { n: 3 }],
      )
      const failed = results[1]!
      assert.ok(!failed.ok)
      const { code, message, data, integration } = failed.error as RpcError
      assert.deepEqual({ code, message, data, integration }, { ...REFUSAL, integration: 'subject' })
      assert.deepEqual(await soon(context.rpc().batch([]), 'an empty batch'), [])
    },
  },
]
