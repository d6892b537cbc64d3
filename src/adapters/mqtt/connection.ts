import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import type { Pausable } from '../../core/incoming-answers.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { onFirstUse } from '../on-first-use.js'
import type { BrokerAddress } from './client/address.js'
import type { Dialer, Role } from './client/dialer.js'
import { Publisher } from './client/publisher.js'
import type { Session } from './client/session.js'
import type { ConnectionMemory } from './connection-memory.js'
import type { ConnectionResources, Subscriber } from './connection-resources.js'
import { Inbox } from './inbox.js'
import { MainInbox } from './main-inbox.js'
import type { MqttConfig } from './manifest.js'
import { QueueMembers } from './queue-members.js'
import { Replies } from './replies.js'
import { mainRole, queueRole, serverRole, subscriberRole } from './roles.js'
import { SessionGroup } from './session-group.js'
import { HeldBytes } from './subscription-flow.js'

/** How many bytes the subscriptions of one connection may hold back together. */
const HELD_BYTES = 4 * 1_048_576

/** What outlives the connections of an adapter. */
export interface ConnectionDependencies {
  readonly context: AdapterContext
  readonly config: MqttConfig
  readonly dialer: Dialer
  readonly memory: ConnectionMemory
  readonly format: WireFormat
}

/** A connection of the actor. */
export interface Connection {
  readonly resources: ConnectionResources
  /** Returns why the connection has ended, or undefined while it is open. */
  lost(): Error | undefined
  /** @param endsSessions whether to end the sessions that the broker would keep, because nobody comes back for them */
  close(endsSessions?: boolean): Promise<void>
}

/**
 * Connects. Waits only for the main session; sessions for subscribers and services that an earlier connection used open
 * concurrently, others on demand.
 * @param onLost called at most once, when the connection is lost
 * @throws ConnectionError, AuthError
 */
export async function establish(
  dependencies: ConnectionDependencies,
  address: BrokerAddress,
  signal: AbortSignal,
  onLost: (connection: Connection, error: Error) => void,
): Promise<Connection> {
  const { context, config, dialer, memory, format } = dependencies
  const { clock, random, log, settings, budget } = context
  const clientId = config.client_id ?? context.clientId
  // A generated client id is never used again, so its session does not outlive the process.
  const outlives = !config.clean_session && config.client_id !== undefined
  const replyPrefix = config.response_topic_prefix ?? `nemo/reply/${clientId}`
  const replyTopic = () => `${replyPrefix}/${memory.replyId}`
  let connection: Connection | undefined
  let queues: QueueMembers | undefined
  /** Ends the pauses of the main session for the memory of answers. */
  let detach = () => {}
  const sessions = new SessionGroup(dialer, address, clock, (error) => {
    detach()
    void queues?.close(true)
    if (connection !== undefined) onLost(connection, error)
  })

  const openReceiver = (name: 'subscriber' | 'server', role: Role) =>
    onFirstUse<Subscriber>(async () => {
      memory.used.add(name)
      const continuity = memory.continuity[name]
      const receiving = await sessions.open(role, memory[name], ({ connack }) => {
        continuity.connected(connack.sessionPresent)
        return new Inbox(connack.sessionPresent, settings.mailbox.bytes, clock, log)
      })
      const held = new HeldBytes(receiving.session, Math.min(HELD_BYTES, settings.mailbox.bytes), budget)
      return {
        ...receiving,
        held,
        continuity,
        outlives: outlives && receiving.session.isKept,
        newSubscriptionId: () => memory.newSubscriptionId(),
      }
    })
  const receivers = {
    subscriber: openReceiver('subscriber', subscriberRole(config, clientId)),
    server: openReceiver('server', serverRole(config, clientId)),
  }
  // A failure reaches the next caller that asks for the role, which then opens it again.
  for (const name of memory.used) receivers[name]().catch(() => {})

  try {
    const { session, inbox } = await sessions.openMain(
      mainRole(config, clientId),
      memory.main,
      (opened) => new MainInbox(new Replies(opened, format, random, replyTopic), random),
      signal,
    )
    detach = context.answers.attach(held(session))
    const publisher = new Publisher(session)
    queues = new QueueMembers({
      sessions,
      role: (id) => queueRole(config, id),
      clientId,
      group: config.queue_group,
      publisher,
      states: memory.queues,
      left: memory.left,
      takeover: config.queue_takeover && hasRetainedWills(session),
      outlives,
      clock,
      random,
      log,
      budget,
      deadLettered: (letter) => context.deadLettered(letter),
      isShared: onFirstUse(async () => {
        if (session.version === 5) return session.connack.sharedSubscriptionsAvailable
        memory.isShared ??= await inbox.probe.run(session, publisher, config.queue_group, clock)
        return memory.isShared
      }),
    })
    queues.resume()
    const resources = { session, publisher, replies: inbox.replies, ...receivers, queues }
    const members = queues
    connection = {
      resources,
      lost: () => sessions.ended,
      async close(endsSessions = false) {
        detach()
        await members.close(false, endsSessions)
        await sessions.close(endsSessions)
      },
    }
    return connection
  } catch (error) {
    await sessions.close()
    throw error
  }
}

function hasRetainedWills({ version, connack }: Session): boolean {
  return version === 5 && connack.retainAvailable && connack.maximumQos > 0
}

/** Pauses a session once, however often it is asked to. */
function held(session: Session): Pausable {
  let isHeld = false
  const set = (hold: boolean) => {
    if (hold === isHeld) return
    isHeld = hold
    if (hold) session.hold()
    else session.release()
  }
  return { pause: () => set(true), resume: () => set(false) }
}
