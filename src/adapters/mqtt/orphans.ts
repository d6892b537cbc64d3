import type { Clock, Timer } from '../../core/clock.js'
import type { Random } from '../../core/random.js'
import type { Hold } from './client/ack-gate.js'
import type { SessionSettings } from './client/connect.js'
import { Refused } from './client/errors.js'
import type { PublishPacket } from './client/publish-decoder.js'
import { Publisher } from './client/publisher.js'
import type { Session } from './client/session.js'

/**
 * A broker keeps the messages it has given to a member of a share group for that member, however long it stays away,
 * and a broker such as Mosquitto drops them with its session: nobody else gets them. So the members of a group may tell
 * of each other: the will of a member says, retained, that its session is orphaned, and one that lives takes it over.
 */
export type Mark = '' | 'orphaned' | 'adopted'

/** How long a member that went away has to come back, in milliseconds; each waits up to as long again. */
const GRACE_MS = 1_000
/** Each attempt that failed doubles that, up to here. */
const LONGEST_GRACE_MS = 60_000

/** Members that are waited for at once; more would be a flood. */
const MOST_MEMBERS = 1_000

/** Where the client ids of queue sessions differ from that of the main one. */
const QUEUE_SUFFIX = '-queue-'

/** The client id of the session in which the client consumes a queue. */
export function queueClientId(clientId: string, queue: string): string {
  return `${clientId}${QUEUE_SUFFIX}${encodeURIComponent(queue)}`
}

/** The group that shares a queue. */
export interface SharedQueue {
  readonly group: string
  readonly queue: string
}

const prefixOf = ({ group, queue }: SharedQueue) => `nemo/orphans/${group}/${encodeURIComponent(queue)}/`

/** The filter of all members. */
export const orphanFilter = (shared: SharedQueue): string => `${prefixOf(shared)}+`

/** Whether a message tells of a member. */
export const isMark = (shared: SharedQueue, { topic }: PublishPacket): boolean =>
  topic.startsWith(prefixOf(shared))

/** The topic that tells of one member. */
function orphanTopic(shared: SharedQueue, clientId: string): string {
  return prefixOf(shared) + encodeURIComponent(clientId)
}

/** The will of a member of a group, which also goes out when it leaves in good order. */
export function orphanWill(shared: SharedQueue, clientId: string): NonNullable<SessionSettings['will']> {
  return { topic: orphanTopic(shared, clientId), payload: 'orphaned' satisfies Mark, qos: 1, retain: true }
}

/** Says over `session` how things are with a member. @throws RangeError, Refused, ConnectionEnded */
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

/** Watches the other members of a group, and says when one has been orphaned for a while. */
export class OrphanWatch {
  readonly #shared: SharedQueue
  readonly #clock: Clock
  readonly #random: Random
  readonly #adopt: (clientId: string) => boolean
  readonly #patience = new Map<string, Timer>()
  readonly #attempts = new Map<string, number>()

  /** @param adopt called with the client id of a session to take over; false: not now */
  constructor(shared: SharedQueue, clock: Clock, random: Random, adopt: (clientId: string) => boolean) {
    this.#shared = shared
    this.#clock = clock
    this.#random = random
    this.#adopt = adopt
  }

  /** Begins. Does nothing where the broker does not let it. @throws ConnectionError */
  async start(session: Session): Promise<void> {
    try {
      await session.subscribe(orphanFilter(this.#shared), 1, undefined)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  }

  /** Takes the message if it tells of a member. */
  accept(packet: PublishPacket, hold: Hold | undefined): boolean {
    if (!isMark(this.#shared, packet)) return false
    hold?.settle()
    const clientId = clientIdIn(this.#shared, packet.topic)
    if (clientId !== undefined) this.#onMark(clientId, Buffer.from(packet.payload).toString())
    return true
  }

  close(): void {
    for (const timer of this.#patience.values()) timer.cancel()
    this.#patience.clear()
  }

  #onMark(clientId: string, state: string): void {
    this.#patience.get(clientId)?.cancel()
    this.#patience.delete(clientId)
    const room = this.#patience.size < MOST_MEMBERS && this.#attempts.size < MOST_MEMBERS
    if (state === ('orphaned' satisfies Mark) && room) this.#wait(clientId)
    if (state === ('' satisfies Mark)) this.#attempts.delete(clientId)
  }

  /** Not all at once: the second to connect would end the connection of the first. */
  #wait(clientId: string): void {
    const attempts = this.#attempts.get(clientId) ?? 0
    this.#attempts.set(clientId, attempts + 1)
    const grace = Math.min(GRACE_MS * 2 ** attempts, LONGEST_GRACE_MS)
    const timer = this.#clock.setTimer(
      grace * (1 + this.#random.number()),
      () => {
        this.#patience.delete(clientId)
        if (!this.#adopt(clientId)) this.#wait(clientId)
      },
      { background: true },
    )
    this.#patience.set(clientId, timer)
  }
}

/** The member that a mark tells of. Only ids that sessions of this queue have: a mark can name no other client. */
function clientIdIn(shared: SharedQueue, topic: string): string | undefined {
  try {
    const clientId = decodeURIComponent(topic.slice(prefixOf(shared).length))
    return clientId.endsWith(queueClientId('', shared.queue)) ? clientId : undefined
  } catch {
    return undefined
  }
}
