import type { AdapterContext } from '../../core/adapter.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { onFirstUse } from '../on-first-use.js'
import type { Dialer, Role } from './client/dialer.js'
import { Publisher } from './client/publisher.js'
import { type Session, SessionMemory } from './client/session.js'
import { Inbox } from './inbox.js'
import type { Link, Subscriber } from './link.js'
import type { MqttConfig } from './manifest.js'
import { QUEUE_SUFFIX } from './orphans.js'
import { openQueue } from './queue-link.js'
import { Replies } from './replies.js'
import { mainRole, queueRole, serverRole, subscriberRole } from './roles.js'
import { SessionGroup } from './session-group.js'
import { uniqueId } from './unique-id.js'

/** What outlives the connections of an adapter. */
export interface Surroundings {
  readonly context: AdapterContext
  readonly config: MqttConfig
  readonly dialer: Dialer
  readonly memory: ConnectionMemory
  readonly format: WireFormat
}

/** What an adapter remembers from one connection to the next. */
export class ConnectionMemory {
  readonly main = new SessionMemory()
  readonly subscriber = new SessionMemory()
  readonly server = new SessionMemory()
  readonly queue = new SessionMemory()
  /** The roles that were used: the next connection opens them at once. */
  readonly used = new Set<'subscriber' | 'server'>()
  #replyId: string | undefined

  /** Ends the response topic: a resumed session has it already. */
  get replyId(): string {
    this.#replyId ??= uniqueId()
    return this.#replyId
  }
}

/** A connection as the actor sees it. */
export interface Connection {
  readonly link: Link
  /** Why it has ended, if it has. */
  lost(): Error | undefined
  close(): Promise<void>
}

/**
 * Connects to the next address. The main session is what this waits for. The roles that subscribers and services
 * had in an earlier connection are opened at the same time; the others follow on demand.
 * @param onLost called once at most, when the connection ends by itself
 * @throws ConnectionError, AuthError
 */
export async function establish(
  surroundings: Surroundings,
  signal: AbortSignal,
  onLost: (connection: Connection, error: Error) => void,
): Promise<Connection> {
  const { context, config, dialer, memory, format } = surroundings
  const { clock, log, settings } = context
  const clientId = config.client_id ?? context.clientId
  const replyPrefix = config.response_topic_prefix ?? `nemo/reply/${clientId}`
  const replyTopic = () => `${replyPrefix}/${memory.replyId}`
  let connection: Connection | undefined
  const sessions = new SessionGroup(dialer, dialer.nextAddress(), (error) => {
    if (connection !== undefined) onLost(connection, error)
  })

  const openReceiver = (name: 'subscriber' | 'server', role: Role) =>
    onFirstUse<Subscriber>(() => {
      memory.used.add(name)
      return sessions.open(
        role,
        memory[name],
        ({ connack }) => new Inbox(connack.sessionPresent, settings.mailbox.bytes, clock, log),
      )
    })
  const receivers = {
    subscriber: openReceiver('subscriber', subscriberRole(config, clientId)),
    server: openReceiver('server', serverRole(config, clientId)),
  }
  // Whoever asks for the role hears of the failure, or opens it anew.
  for (const name of memory.used) receivers[name]().catch(() => {})

  try {
    const { session, inbox: replies } = await sessions.openMain(
      mainRole(config, clientId),
      memory.main,
      (opened) => new Replies(opened, format, replyTopic),
      signal,
    )
    const queue = onFirstUse(() =>
      openQueue({
        sessions,
        role: (id) => queueRole(config, id),
        clientId: clientId + QUEUE_SUFFIX,
        memory: memory.queue,
        group: config.queue_group,
        takeover: config.queue_takeover && hasRetainedWills(session),
        clock,
        log,
      }),
    )
    const link = { session, publisher: new Publisher(session), replies, ...receivers, queue }
    connection = { link, lost: () => sessions.ended, close: () => sessions.close() }
    return connection
  } catch (error) {
    await sessions.close()
    throw error
  }
}

function hasRetainedWills({ version, connack }: Session): boolean {
  return version === 5 && connack.retainAvailable && connack.maximumQos > 0
}
