import type { Clock, Timer } from '../../core/clock.js'
import type { Hold } from './client/ack-gate.js'
import type { SessionSettings } from './client/connect.js'
import { Refused } from './client/outgoing.js'
import type { PublishPacket } from './client/publish-decoder.js'
import { Publisher } from './client/publisher.js'
import type { Session } from './client/session.js'

/**
 * A broker keeps the messages it has given to a member of a share group for that member, however long it stays away,
 * and a broker such as Mosquitto drops them with its session: nobody else gets them. So the members of a group tell
 * of each other: the will of a member says, retained, that its session is orphaned, and one that lives takes it over.
 */
export type Mark = '' | 'orphaned' | 'adopted'

/** How long a member that went away has to come back, in milliseconds; each waits up to as long again. */
const GRACE_MS = 1_000
/** Each attempt that was to no avail doubles that, up to here. */
const LONGEST_GRACE_MS = 60_000

/** What the client ids of queue sessions end in: whoever may write a mark can name no other client. */
export const QUEUE_SUFFIX = '-queue'
/** Members that are waited for at once; more would be somebody's flood. */
const MOST_MEMBERS = 1_000

const prefixOf = (group: string) => `nemo/orphans/${group}/`

/** The filter of all members. */
export const orphanFilter = (group: string): string => `${prefixOf(group)}+`

/** Whether a message tells of a member. */
export const isMark = (group: string, { topic }: PublishPacket): boolean => topic.startsWith(prefixOf(group))

/** The topic that tells of one member. */
function orphanTopic(group: string, clientId: string): string {
  return prefixOf(group) + encodeURIComponent(clientId)
}

/** The will of a member of a group, which also goes out when it leaves in good order. */
export function orphanWill(group: string, clientId: string): NonNullable<SessionSettings['will']> {
  return { topic: orphanTopic(group, clientId), payload: 'orphaned' satisfies Mark, qos: 1, retain: true }
}

/** Says over `session` how things stand with a member. @throws ConnectionError, Refused, TimeoutError */
export async function mark(session: Session, group: string, clientId: string, state: Mark): Promise<void> {
  await new Publisher(session).send(
    orphanTopic(group, clientId),
    Buffer.from(state),
    { qos: 1, retain: true, deadline: Number.POSITIVE_INFINITY },
    (_reason, cause) => {
      throw cause
    },
  )
}

/** Watches the other members of a group, and says when one has been orphaned for a while. */
export class OrphanWatch {
  readonly #group: string
  readonly #clock: Clock
  readonly #adopt: (clientId: string) => boolean
  readonly #patience = new Map<string, Timer>()
  readonly #attempts = new Map<string, number>()

  /** @param adopt called with the client id of a session to take over; false: not now */
  constructor(group: string, clock: Clock, adopt: (clientId: string) => boolean) {
    this.#group = group
    this.#clock = clock
    this.#adopt = adopt
  }

  /** Begins. Does nothing where the broker does not let it. @throws ConnectionError */
  async start(session: Session): Promise<void> {
    try {
      await session.subscribe(orphanFilter(this.#group), 1, undefined)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  }

  /** Takes the message if it tells of a member. */
  accept(packet: PublishPacket, hold: Hold | undefined): boolean {
    if (!isMark(this.#group, packet)) return false
    hold?.settle()
    const clientId = clientIdIn(packet.topic.slice(prefixOf(this.#group).length))
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

  /** Not all at once: whoever comes second ends the connection of whoever came first. */
  #wait(clientId: string): void {
    const attempts = this.#attempts.get(clientId) ?? 0
    this.#attempts.set(clientId, attempts + 1)
    const grace = Math.min(GRACE_MS * 2 ** attempts, LONGEST_GRACE_MS)
    const timer = this.#clock.setTimer(
      grace * (1 + Math.random()),
      () => {
        this.#patience.delete(clientId)
        if (!this.#adopt(clientId)) this.#wait(clientId)
      },
      { background: true },
    )
    this.#patience.set(clientId, timer)
  }
}

function clientIdIn(level: string): string | undefined {
  try {
    const clientId = decodeURIComponent(level)
    return clientId.endsWith(QUEUE_SUFFIX) ? clientId : undefined
  } catch {
    return undefined
  }
}
