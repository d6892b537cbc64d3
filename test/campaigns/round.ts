import { type Fault, Gateway } from '../../src/index.js'
import { waitFor } from '../support/wait-for.js'
import type { Protocol } from './protocols/protocol.js'
import { Random, sleep } from './random.js'
import { Tally } from './tally.js'
import { consuming, receiving, steady, type Work } from './workers.js'

/** What happens during a round beside the work. */
export const KINDS = ['calm', 'kills', 'outages'] as const
export type Kind = (typeof KINDS)[number]

export interface RoundOptions {
  readonly kind: Kind
  readonly seed: number
  readonly count: number
}

const WORKERS = ['one', 'two'] as const
const MAX_DELIVERIES = 4
/** How long a round may take beyond its load: what is withheld by then is withheld for good. */
const PATIENCE_MS = 30_000
/** Messages that are sent in a row, and the pause after them. */
const BURST = 20
const BURST_PAUSE_MS = 10

const supervision = {
  heartbeat: '2s',
  max_restarts: 10_000,
  within: '1m',
  backoff: '1ms',
  max_backoff: '20ms',
}
const reconnect = { delay: '20ms', max_delay: '100ms' }

/** A gateway whose integrations work on the queues of a campaign. */
export async function startGateway(protocol: Protocol): Promise<Gateway> {
  const integration = { ...protocol.integration, supervision, reconnect }
  const integrations = Object.fromEntries([...WORKERS, 'plain'].map((name) => [name, integration]))
  const gateway = await Gateway.start({ integrations } as Parameters<typeof Gateway.start>[0])
  for (const name of WORKERS) await connected(gateway, name)
  return gateway
}

/**
 * One round: so many messages, handlers of every kind, and what else happens. Every message is handled or a dead
 * letter in the end, none is withheld, and attempts count deliveries to handlers.
 * @returns what must not be, in words.
 */
export async function playRound(
  gateway: Gateway,
  protocol: Protocol,
  options: RoundOptions,
): Promise<string[]> {
  const { kind, seed, count } = options
  const random = new Random(seed)
  const queue = `campaign-${kind}-${seed}`
  const deadLetters = `${queue}-dead`
  const calm = kind === 'calm'
  const { attempts, lapses } = protocol
  const tallyOptions = { count, calm, attempts, lapses, maxDeliveries: MAX_DELIVERIES }
  const tally = new Tally(tallyOptions, random.fork())
  let isOver = false
  const work: Work = { queue, deadLetters, maxDeliveries: MAX_DELIVERIES, tally, ended: () => isOver }
  const endListening = gateway.on('message:dead', ({ queue: from, bytes, value }) => {
    if (from === queue) tally.died(Number(value ?? new TextDecoder().decode(bytes)))
  })
  await protocol.open(queue, deadLetters)
  const [one, two] = WORKERS.map((name) => gateway.queue(name)) as [Client, Client]
  const workers = [
    steady(one, work, random.fork()),
    ...[one, two].flatMap((client) => [
      receiving(client, work, random.fork()),
      receiving(client, work, random.fork()),
      consuming(client, work, random.fork()),
    ]),
  ]
  let isSending = true
  const disturbing = disturb(gateway, protocol, kind, random.fork(), () => isSending)
  try {
    for (let n = 0; n < count; n += BURST) {
      const burst = Array.from({ length: Math.min(BURST, count - n) }, (_, i) =>
        protocol.produce(queue, n + i),
      )
      await Promise.all(burst)
      await sleep(BURST_PAUSE_MS)
    }
    isSending = false
    await disturbing
    for (const name of WORKERS) await connected(gateway, name)
    const isDone = async () => {
      if (tally.open.length === 0) return true
      // An actor may die after it has made a dead letter and before its event has left.
      if (!calm) for (const n of await protocol.deadLetters()) tally.died(n)
      return false
    }
    await waitFor(isDone, {
      timeoutMs: PATIENCE_MS,
      everyMs: 50,
      what: () => `${tally.open.length} of ${count} messages, which are withheld: ${tally.open.slice(0, 10)}`,
    }).catch((error: Error) => tally.faults.push(error.message))
    // What was handled and could not be acknowledged comes again, and is acknowledged then.
    let left: number | undefined
    const isEmpty = async () => {
      left = await protocol.left(queue)
      return (left ?? 0) === 0
    }
    await waitFor(isEmpty, {
      timeoutMs: PATIENCE_MS,
      everyMs: 100,
      what: () => `${left} messages to leave the queue`,
    }).catch((error: Error) => tally.faults.push(error.message))
  } finally {
    isSending = false
    isOver = true
    await Promise.all([...workers, disturbing])
    endListening()
  }
  for (const n of await protocol.deadLetters())
    if (calm && !tally.dead.has(n)) tally.faults.push(`message ${n} is a dead letter, and no event said so`)
  return tally.faults.map((fault) => `${protocol.name}, ${kind}, seed ${seed}: ${fault}`)
}

type Client = ReturnType<Gateway['queue']>

const FAULTS: readonly Fault[] = ['throw', 'reject', 'exit']

/** Kills actors, makes connections again, restarts the broker, while messages are sent. */
async function disturb(
  gateway: Gateway,
  protocol: Protocol,
  kind: Kind,
  random: Random,
  isSending: () => boolean,
): Promise<void> {
  if (kind === 'calm') return
  if (kind === 'outages' && protocol.restartBroker !== undefined) {
    await sleep(random.integer(50, 300))
    await protocol.restartBroker()
  }
  // At least one, however quick the round.
  do {
    const name = random.pick(WORKERS)
    if (random.chance(0.7)) await gateway.connections.inject(name, random.pick(FAULTS)).catch(() => {})
    else await gateway.connections.reconnect(name).catch(() => {})
    await sleep(random.integer(50, 500))
  } while (isSending())
}

async function connected(gateway: Gateway, name: string): Promise<void> {
  await waitFor(() => gateway.connections.status(name).state === 'connected', {
    timeoutMs: PATIENCE_MS,
    what: () => `${name} to connect; it is ${JSON.stringify(gateway.connections.status(name))}`,
  })
}
