import type { AdapterContext } from '../../core/adapter.js'
import { ConnectionError } from '../../core/errors.js'
import type { WireFormat } from '../../wire/wire-format.js'
import type { Dialer, Role } from './dialer.js'
import { Inbox } from './inbox.js'
import type { Link, QueueLink } from './link.js'
import type { MqttConfig } from './manifest.js'
import { Publisher } from './publisher.js'
import { QueueInbox } from './queue-inbox.js'
import { Replies } from './replies.js'
import type { Session, SessionMemory } from './session.js'
import { SharedProbe } from './shared-probe.js'

/** What outlives the connections of an adapter. */
export interface Surroundings {
  readonly context: AdapterContext
  readonly config: MqttConfig
  readonly dialer: Dialer
  readonly memory: { readonly pubsub: SessionMemory; readonly queue: SessionMemory }
  readonly format: WireFormat
}

/** A connection as the actor sees it: the pub/sub role, and the queue role once something is consumed. */
export interface Connection {
  readonly link: Link
  /** Why it has ended by itself, if it has. */
  lost(): Error | undefined
  close(): Promise<void>
}

/**
 * Connects the pub/sub role to the next address. The queue role follows on demand, to the same address and
 * under its own client id, because its session has to survive whatever `clean_session` says. If one role is
 * lost both are ended.
 * @param onLost called once at most, when the connection ends by itself
 * @throws ConnectionError, AuthError
 */
export async function establish(
  surroundings: Surroundings,
  signal: AbortSignal,
  onLost: (connection: Connection, error: Error) => void,
): Promise<Connection> {
  const { context, config, dialer, memory, format } = surroundings
  const { clock, log } = context
  const clientId = config.client_id ?? context.clientId
  const address = dialer.nextAddress()
  const stop = new AbortController()
  const sessions: Session[] = []
  let ended: Error | undefined
  let connection: Connection | undefined

  /** Ends both roles with what they hold. */
  function end(error: Error): void {
    ended = error
    stop.abort(error)
    inbox?.close()
    queueInbox?.close()
    probe.close()
    link?.replies.close(error instanceof ConnectionError ? error : new ConnectionError(error.message))
  }
  function lost(error: Error): void {
    if (ended !== undefined) return
    end(error)
    for (const session of sessions) session.fail(error)
    if (connection !== undefined) onLost(connection, error)
  }

  // What the session of an earlier connection brings arrives before CONNACK has been dealt with.
  const early: Parameters<Inbox['onPublish']>[] = []
  let inbox: Inbox | undefined
  let queueInbox: QueueInbox | undefined
  const probe = new SharedProbe()
  let link: Link | undefined

  const session = await dialer.connect(
    address,
    pubSubRole(config, clientId),
    memory.pubsub,
    {
      onPublish: (packet, hold) =>
        inbox === undefined ? early.push([packet, hold]) : inbox.onPublish(packet, hold),
      onLost: lost,
    },
    signal,
  )
  sessions.push(session)
  if (session.closed !== undefined) throw session.closed
  inbox = new Inbox(session.resumed, clock, log)
  for (const [packet, hold] of early.splice(0)) inbox.onPublish(packet, hold)

  async function openQueue(): Promise<QueueLink> {
    const earlyDeliveries: Parameters<QueueInbox['onPublish']>[] = []
    const opened = await dialer.connect(
      address,
      queueRole(config, clientId),
      memory.queue,
      {
        onPublish: (packet, hold) => {
          if (probe.accept(packet, hold)) return
          if (queueInbox === undefined) earlyDeliveries.push([packet, hold])
          else queueInbox.onPublish(packet, hold)
        },
        onLost: lost,
      },
      stop.signal,
    )
    if (ended !== undefined) {
      await opened.close()
      throw ended
    }
    sessions.push(opened)
    queueInbox = new QueueInbox(clock, opened)
    for (const [packet, hold] of earlyDeliveries.splice(0)) queueInbox.onPublish(packet, hold)
    const shared = await probe.run(opened, config.queue_group, clock)
    return { session: opened, inbox: queueInbox, shared }
  }

  let queue: Promise<QueueLink> | undefined
  link = {
    session,
    inbox,
    publisher: new Publisher(session),
    replies: new Replies(session, inbox, format, replyPrefix(config, clientId)),
    queue() {
      queue ??= openQueue().catch((error: unknown) => {
        queue = undefined
        throw error
      })
      return queue
    },
  }
  connection = {
    link,
    lost: () => ended,
    async close() {
      if (ended !== undefined) return
      end(new ConnectionError('the connection was ended'))
      await Promise.all(sessions.map((each) => each.close()))
    },
  }
  return connection
}

function replyPrefix(config: MqttConfig, clientId: string): string {
  return config.response_topic_prefix ?? `nemo/reply/${clientId}`
}

function pubSubRole(config: MqttConfig, clientId: string): Role {
  return {
    clientId,
    clean: config.clean_session,
    sessionExpiryMs: config.clean_session ? 0 : config.session_expiry,
    receiveMaximum: config.receive_maximum,
    ...(config.will && { will: config.will }),
  }
}

function queueRole(config: MqttConfig, clientId: string): Role {
  return {
    clientId: `${clientId}-queue`,
    clean: false,
    sessionExpiryMs: config.session_expiry,
    receiveMaximum: config.receive_maximum,
  }
}
