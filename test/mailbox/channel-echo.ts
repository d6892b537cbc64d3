import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../src/core/clock.js'
import { Channel, type ChannelEnd } from '../../src/mailbox/channel.js'
import { Linger } from '../../src/mailbox/linger.js'
import { Turn } from '../../src/mailbox/turn.js'

// A listener keeps the thread alive; waiting for a bell does not.
parentPort!.on('message', () => {})

// The other end of the line in a thread of its own: says everything back, and counts what woke it.
let woken = 0
const receive = (batch: unknown) => {
  if (batch === 'woken') line.post({ woken })
  else line.post(batch)
  setImmediate(() => line.answeredAll())
}
const line = new Channel<unknown, unknown>(
  workerData as ChannelEnd,
  new Turn(systemClock, 10),
  receive,
  new Linger(systemClock),
)
line.onWake = () => {
  woken++
}
