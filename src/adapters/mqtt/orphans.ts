import type { Clock, Timer } from '../../core/clock.js'
import type { Random } from '../../core/random.js'
import type { Hold } from './client/ack-gate.js'
import type { SessionSettings } from './client/connect.js'
import { Refused } from './client/errors.js'
import type { PublishPacket } from './client/publish-decoder.js'
import { Publisher } from './client/publisher.js'
import type { Session } from './client/session.js'

/**
 * The state of a member's session, published as a retained message. A broker gives a member's messages to no other
 * member, and may drop them with its session (Mosquitto does); so the will of a member marks its session as orphaned,
 * and another member adopts it.
 */
export type Mark = '' | 'orphaned' | 'adopted'

/**
 * How long an orphaned member has to come back, in milliseconds. Each watcher adds a random delay up to the same
 * length.
 */
const GRACE_MS = 1_000
/** Maximum of that time, which doubles with each failed attempt. */
const LONGEST_GRACE_MS = 60_000

/** Maximum number of orphaned members watched at a time, which bounds the memory. */
const MOST_MEMBERS = 1_000

/** The part of a client id between the main client id and the name of the queue. */
const QUEUE_SUFFIX = '-queue-'

/** Returns the client id of the session that consumes a queue. */
export function queueClientId(clientId: string, queue: string): string {
  return `${clientId}${QUEUE_SUFFIX}${encodeURIComponent(queue)}`
}

/** A queue and the group that shares it. */
export interface SharedQueue {
  readonly group: string
  readonly queue: string
}

const prefixOf = ({ group, queue }: SharedQueue) => `nemo/orphans/${group}/${encodeURIComponent(queue)}/`

/** Returns the filter for the marks of all members. */
export const orphanFilter = (shared: SharedQueue): string => `${prefixOf(shared)}+`

/** Returns whether a message is the mark of a member. */
export const isMark = (shared: SharedQueue, { topic }: PublishPacket): boolean =>
  topic.startsWith(prefixOf(shared))

/** Returns the topic for the mark of one member. */
function orphanTopic(shared: SharedQueue, clientId: string): string {
  return prefixOf(shared) + encodeURIComponent(clientId)
}

/**
 * Returns the will of a member. The broker publishes it also after a clean disconnect, because messages may be left.
 */
export function orphanWill(shared: SharedQueue, clientId: string): NonNullable<SessionSettings['will']> {
  return { topic: orphanTopic(shared, clientId), payload: 'orphaned' satisfies Mark, qos: 1, retain: true }
}

/** Publishes the mark of a member. @throws RangeError, Refused, ConnectionEnded */
export async function mark(
  session: Session,
  shared: SharedQueue,
  clientId: string,
  state: Mark,
): Promise<void> {
  await new Publisher(session).send(orphanTopic(shared, clientId), Buffer.from(state), {
    qos: 1,
    retain: true,
    deadline: Number.POSITIVE_INFINITY,
  })
}

/** Watches the marks of the other members, and asks to adopt a session that stays orphaned. */
export class OrphanWatch {
  readonly #shared: SharedQueue
  readonly #clock: Clock
  readonly #random: Random
  readonly #adopt: (clientId: string) => boolean
  readonly #timers = new Map<string, Timer>()
  readonly #attempts = new Map<string, number>()

  /** @param adopt called with the client id of a session to adopt; returns false to be asked again later */
  constructor(shared: SharedQueue, clock: Clock, random: Random, adopt: (clientId: string) => boolean) {
    this.#shared = shared
    this.#clock = clock
    this.#random = random
    this.#adopt = adopt
  }

  /** Subscribes to the marks. Does nothing if the broker refuses the subscription. @throws ConnectionError */
  async start(session: Session): Promise<void> {
    try {
      await session.subscribe(orphanFilter(this.#shared), 1, undefined)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  }

  /** Handles a message if it is a mark. @returns whether it is */
  accept(packet: PublishPacket, hold: Hold | undefined): boolean {
    if (!isMark(this.#shared, packet)) return false
    hold?.settle()
    const clientId = clientIdIn(this.#shared, packet.topic)
    if (clientId !== undefined) this.#onMark(clientId, Buffer.from(packet.payload).toString())
    return true
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  #onMark(clientId: string, state: string): void {
    this.#timers.get(clientId)?.cancel()
    this.#timers.delete(clientId)
    const room = this.#timers.size < MOST_MEMBERS && this.#attempts.size < MOST_MEMBERS
    if (state === ('orphaned' satisfies Mark) && room) this.#wait(clientId)
    if (state === ('' satisfies Mark)) this.#attempts.delete(clientId)
  }

  /**
   * Waits a random time before adopting: if two members connected with the same client id, the second would end the
   * connection of the first.
   */
  #wait(clientId: string): void {
    const attempts = this.#attempts.get(clientId) ?? 0
    this.#attempts.set(clientId, attempts + 1)
    const grace = Math.min(GRACE_MS * 2 ** attempts, LONGEST_GRACE_MS)
    const timer = this.#clock.setTimer(
      grace * (1 + this.#random.number()),
      () => {
        this.#timers.delete(clientId)
        if (!this.#adopt(clientId)) this.#wait(clientId)
      },
      { background: true },
    )
    this.#timers.set(clientId, timer)
  }
}

/**
 * Returns the client id in a mark. Accepts only ids of sessions for this queue, so that a forged mark cannot name
 * another client.
 */
function clientIdIn(shared: SharedQueue, topic: string): string | undefined {
  try {
    const clientId = decodeURIComponent(topic.slice(prefixOf(shared).length))
    return clientId.endsWith(queueClientId('', shared.queue)) ? clientId : undefined
  } catch {
    return undefined
  }
}
