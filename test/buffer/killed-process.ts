import { openSync, writeSync } from 'node:fs'
import { openDiskBuffer } from '../../src/buffer/disk-buffer.js'
import type { WhenFull } from '../../src/buffer/message-buffer.js'
import { systemClock } from '../../src/core/clock.js'
import { systemRandom } from '../../src/core/random.js'
import { SeededRandom } from '../../src/testing/index.js'
import { diskUsage } from './folder.js'
import { payloadOf, readNumber } from './numbered.js'

// Appends, reads and accepts until it is killed. Everything it does is in a journal before it goes on: the file
// survives the process.
const [folder, journal, start, maxBytes, whenFull, seed] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  WhenFull,
  string,
]
const log = openSync(journal, 'a')
const write = (kind: string, numbers: readonly (number | string)[]) => {
  if (numbers.length > 0) writeSync(log, numbers.map((number) => `${kind} ${number}\n`).join(''))
}
const random = new SeededRandom(Number(seed))
const below = (limit: number) => Math.floor(random.number() * limit)
const pause = () => new Promise((resolve) => setTimeout(resolve, below(3)))

const buffer = await openDiskBuffer({
  folder,
  maxBytes: Number(maxBytes),
  whenFull,
  owner: 'campaign',
  clock: systemClock,
  random: systemRandom,
  onFault: (fault) => write('fault', [JSON.stringify(fault)]),
})
process.stdout.write('open\n')

let next = Number(start)

async function append(): Promise<void> {
  for (;;) {
    const batch = Array.from({ length: 1 + below(60) }, () => next++)
    write('begun', batch)
    const stored: number[] = []
    const dropped: number[] = []
    await Promise.all(
      batch.map(async (number) => {
        const message = { topic: `n/${number}`, payload: payloadOf(number), timestamp: Date.now() }
        const sequence = await buffer.append(message)
        if (sequence === undefined) dropped.push(number)
        else stored.push(number)
      }),
    )
    write('stored', stored)
    write('dropped', dropped)
    if (below(4) === 0) await pause()
  }
}

async function read(): Promise<void> {
  for (;;) {
    const messages = await buffer.read({ messages: 1 + below(100), bytes: 20_000 })
    write(
      'delivered',
      messages.map((message) => readNumber(message)),
    )
    // Settled in any order, now or later.
    for (const { message } of messages
      .map((message) => ({ message, at: random.number() }))
      .sort((a, b) => a.at - b.at)) {
      if (below(200) === 0) await pause()
      write('accepted', [readNumber(message)])
      buffer.accepted(message.sequence)
    }
    const usage = diskUsage(folder)
    if (usage > Number(maxBytes)) write('fault', [`the folder has ${usage} bytes`])
    if (below(30) === 0) buffer.rewind()
    // A sink that is away for a while lets the buffer fill up.
    if (below(10) === 0) await new Promise((resolve) => setTimeout(resolve, below(60)))
  }
}

await Promise.all([append(), append(), read()])
