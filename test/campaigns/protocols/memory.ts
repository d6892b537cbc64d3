import type { Gateway } from '../../../src/index.js'
import type { Protocol } from './protocol.js'

/** The name of the integration that stands for the plain client: the broker has no other clients than ours. */
const PLAIN = 'plain'

export async function memoryProtocol(): Promise<Protocol> {
  let gateway: Gateway
  let dead = ''
  const letters: number[] = []
  return {
    name: 'memory',
    integration: { type: 'memory' },
    attempts: true,
    lapses: 0,
    backWithinMs: 1_000,
    use(one) {
      gateway = one
    },
    async open(_queue, deadLetters) {
      dead = deadLetters
      letters.length = 0
    },
    async produce(queue, n) {
      await gateway.queue(PLAIN).send(queue, n)
    },
    async left(queue) {
      const message = await gateway.queue(PLAIN).receive<number>(queue, { timeout: 100 })
      await message?.nack()
      return message === undefined ? 0 : 1
    },
    async deadLetters() {
      for (;;) {
        const message = await gateway.queue(PLAIN).receive<number>(dead, { timeout: 50 })
        if (message === undefined) return letters
        letters.push(message.value)
        await message.ack()
      }
    },
    async stop() {},
  }
}
