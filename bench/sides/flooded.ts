import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadProcess } from '../load/load-process.js'
import type { FlooderOrder } from '../load/orders.js'
import type { Side } from '../measure/compare.js'

/** How long nothing must arrive for the broker's queue to be empty, and how long that may take. */
const QUIET_MS = 100
const QUIET_LIMIT_MS = 10_000

/** A side that receives what a flooder publishes during its turns. */
export function flooded(
  subscriber: Side,
  flooder: LoadProcess<FlooderOrder>,
  order: FlooderOrder = { kind: 'flat-out' },
): Side {
  return {
    async begin() {
      const running = await subscriber.begin()
      flooder.tell(order)
      return {
        ...running,
        async stop() {
          flooder.tell({ kind: 'paused' })
          await quiet(running.count)
          await running.stop()
        },
      }
    },
    close: () => subscriber.close(),
  }
}

/** Several sides as one, loaded at the same time. */
export function together(sides: readonly Side[]): Side {
  return {
    async begin() {
      const running = await Promise.all(sides.map((side) => side.begin()))
      return {
        count: () => running.reduce((sum, { count }) => sum + count(), 0),
        async stop() {
          await Promise.all(running.map((each) => each.stop()))
        },
      }
    },
    async close() {
      await Promise.all(sides.map((side) => side.close()))
    },
  }
}

async function quiet(count: () => number): Promise<void> {
  const end = performance.now() + QUIET_LIMIT_MS
  for (let before = -1; before !== count() && performance.now() < end; ) {
    before = count()
    await sleep(QUIET_MS)
  }
}
