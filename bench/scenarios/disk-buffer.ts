import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDiskBuffer } from '../../src/buffer/disk-buffer.js'
import type { MessageBuffer } from '../../src/buffer/message-buffer.js'
import { systemClock } from '../../src/core/clock.js'
import { systemRandom } from '../../src/core/random.js'
import { compareAndClose, type Side } from '../measure/compare.js'
import { payloadPool, TOPICS } from '../message.js'
import { runLanes } from '../sides/lanes.js'
import { running } from '../sides/running.js'
import type { Scenario } from './scenario.js'

/** Messages between source and sink, as in a route. */
const WINDOW = 1_024
const MAX_BYTES = 256 * 1024 ** 2
const PAYLOADS = payloadPool()
const payload = (n: number) => PAYLOADS[n % PAYLOADS.length]!

/**
 * A buffer on disk that is appended to, read and accepted, beside a program that appends each message to a file. The
 * program neither reads nor forgets.
 */
function diskBuffer(name: string, title: string, isSynced: boolean): Scenario {
  return {
    name,
    title,
    measures: ['throughput', 'throughput-ratio'],
    async run(plan) {
      const folder = await mkdtemp(join(tmpdir(), 'nemo-bench-'))
      try {
        const file = await open(join(folder, 'plain'), 'a')
        const buffer = await openDiskBuffer({
          folder: join(folder, 'buffer'),
          maxBytes: MAX_BYTES,
          whenFull: 'block',
          owner: name,
          clock: systemClock,
          random: systemRandom,
          onFault: ({ reason }) => {
            throw new Error(reason)
          },
        })
        return await compareAndClose(plainFile(file, isSynced), buffered(buffer), plan)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

function plainFile(file: FileHandle, isSynced: boolean): Side {
  return {
    async begin() {
      await file.truncate()
      return runLanes(1, async (n) => {
        await file.appendFile(payload(n))
        if (isSynced) await file.datasync()
      })
    },
    close: () => file.close(),
  }
}

/** Counts a message once it was appended, read and accepted. */
function buffered(buffer: MessageBuffer): Side {
  return {
    async begin() {
      let accepted = 0
      const appending = runLanes(WINDOW, (n) =>
        buffer.append({ topic: TOPICS[n % TOPICS.length]!, payload: payload(n), timestamp: Date.now() }),
      )
      const reading = running(
        async (isStopped) => {
          while (!isStopped() || buffer.figures().messages > 0) {
            for (const { sequence } of await buffer.read({ messages: WINDOW, bytes: MAX_BYTES })) {
              buffer.accepted(sequence)
              accepted++
            }
          }
        },
        () => accepted,
      )
      return {
        count: reading.count,
        async stop() {
          const stopped = reading.stop()
          await appending.stop()
          // Ends a read that waits for one more message.
          await buffer.append({ topic: 'end', payload: new Uint8Array(0), timestamp: Date.now() })
          await stopped
        },
      }
    },
    close: () => buffer.close(),
  }
}

export const DISK_BUFFER: readonly Scenario[] = [
  diskBuffer('disk-buffer', 'Disk buffer beside appendFile without a sync', false),
  diskBuffer('disk-buffer-synced', 'Disk buffer beside appendFile with a sync each', true),
]
