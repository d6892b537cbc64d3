import type { Capability } from '../../core/capability.js'
import type { CaseContext } from './context.js'

/** One attempt of each operation, for cases in which it must be rejected. */
export const OPERATIONS: Readonly<Record<Capability, (context: CaseContext) => Promise<unknown>>> = {
  call: (context) => context.rpc().call(context.method('echo'), [1]),
  notify: (context) => context.rpc().notify(context.method('echo'), [1]),
  batch: (context) => context.rpc().batch([{ method: context.method('echo'), params: [1] }]),
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
