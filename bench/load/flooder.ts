/**
 * A process that publishes benchmark messages to a broker, without acknowledgement, as fast as the broker takes
 * them or at a fixed rate, with as little CPU time of its own as possible: the packets are built before.
 * Arguments: port, protocol. Takes `FlooderOrder` messages; ends with its parent.
 */
import { createConnection } from 'node:net'
import { FLOOD_WIRES, type FloodWire } from './flood-wire.js'
import type { FlooderOrder } from './orders.js'

const WIRE: FloodWire = FLOOD_WIRES[process.argv[3] as keyof typeof FLOOD_WIRES]
const PACKETS = WIRE.packets(256)
const BLOCK = Buffer.concat(PACKETS)
/** Blocks written and not yet taken: enough to keep the socket busy. */
const BLOCKS_UNDER_WAY = 4
/** At most so many packets at once when a rate was missed, so that a pause is not made up for by a burst. */
const CATCH_UP = 16
/** Nobody benchmarks longer than this. */
const LIFE_MS = 15 * 60_000

type State =
  | { readonly kind: 'paused' }
  | { readonly kind: 'flat-out'; underWay: number }
  | { readonly kind: 'rate'; readonly perSecond: number; readonly since: number; sent: number }

let state: State = { kind: 'paused' }

const socket = createConnection({ host: '127.0.0.1', port: Number(process.argv[2]) })
socket.setNoDelay(true)
socket.once('connect', () => socket.write(WIRE.hello))
socket.once('data', (bytes) => {
  if (!WIRE.isWelcome(bytes)) throw new Error(`the broker refused the flooder: ${bytes.toString('latin1')}`)
  socket.on('data', (later) => {
    const answer = WIRE.answer?.(later)
    if (answer !== undefined) socket.write(answer)
  })
  process.send?.('ready')
})
socket.on('close', () => process.exit(0))
process.on('disconnect', () => process.exit(0))
setTimeout(() => process.exit(1), LIFE_MS).unref()

process.on('message', (order: FlooderOrder) => {
  switch (order.kind) {
    case 'paused':
      state = order
      return
    case 'flat-out':
      state = { kind: 'flat-out', underWay: 0 }
      return flood(state)
    case 'rate':
      state = { ...order, since: performance.now(), sent: 0 }
      return keepRate(state)
  }
})

function flood(mine: Extract<State, { kind: 'flat-out' }>): void {
  while (state === mine && mine.underWay < BLOCKS_UNDER_WAY) {
    mine.underWay++
    socket.write(BLOCK, () => {
      mine.underWay--
      flood(mine)
    })
  }
}

// Timers of the event loop are too coarse for thousands of messages a second, each on its own.
const never = new Int32Array(new SharedArrayBuffer(4))

function keepRate(mine: Extract<State, { kind: 'rate' }>): void {
  if (state !== mine) return
  const due = Math.floor(((performance.now() - mine.since) / 1_000) * mine.perSecond) - mine.sent
  if (due <= 0) Atomics.wait(never, 0, 0, 1_000 / mine.perSecond)
  else {
    for (let i = 0; i < Math.min(due, CATCH_UP); i++) socket.write(PACKETS[(mine.sent + i) % PACKETS.length]!)
    mine.sent += due
  }
  setImmediate(keepRate, mine)
}
