import assert from 'node:assert/strict'
import type { Capability } from '../../../core/capability.js'
import type { UnsupportedError } from '../../../core/errors.js'
import type { ComplianceCase } from '../case.js'
import type { CaseContext } from '../context.js'
import { rejected } from '../waiting.js'

const ATTEMPTS: Readonly<Record<Capability, (context: CaseContext) => Promise<unknown>>> = {
  call: (context) => context.rpc().call(context.name('method'), [1]),
  notify: (context) => context.rpc().notify(context.name('method'), [1]),
  batch: (context) => context.rpc().batch([{ method: context.name('method'), params: [1] }]),
  serve: (context) =>
    context
      .server('subject')
      .register(context.name('method'), () => 1)
      .serve(),
  publish: (context) => context.pubsub().publish(context.name('topic'), 1),
  subscribe: (context) => context.pubsub().subscribe(context.name('topic')),
  enqueue: (context) => context.queue().send(context.name('queue'), 1),
  dequeue: (context) => context.queue().receive(context.name('queue'), { timeout: '1s' }),
}

/** That an operation the protocol does not have is refused before anything is sent. */
export function unsupportedCase(operation: Capability): ComplianceCase {
  return {
    name: `${operation} is refused as unsupported`,
    needs: [],
    shares: true,
    async run(context) {
      const attempt = ATTEMPTS[operation](context)
      const error = await rejected<UnsupportedError>(attempt, 'unsupported', operation)
      assert.equal(error.integration, 'subject')
      assert.equal(error.retryable, false)
      assert.ok(error.operation.includes(operation) || error.operation !== '', 'it names the operation')
    },
  }
}
