/** The fields of a packet that this file uses. */
interface Packet {
  readonly topic: string
  readonly payload: string | Uint8Array
}

/** The part of the aedes store that grows with what clients send. */
export interface Store {
  storeRetained(packet: Packet): Promise<void>
  outgoingEnqueueCombi(sessions: readonly { readonly clientId: string }[], packet: Packet): Promise<void>
  outgoingClearMessageId(
    client: { readonly id: string },
    packet: unknown,
  ): Promise<Partial<Packet> | undefined>
  addSubscriptions(client: { readonly id: string }, subscriptions: unknown): Promise<void>
  removeSubscriptions(client: { readonly id: string }, topics: unknown): Promise<void>
  cleanSubscriptions(client: { readonly id: string }): Promise<void>
  subscriptionsByClient(client: { readonly id: string }): Promise<readonly unknown[]>
}

/** The limits of the store. */
export interface StoreLimits {
  readonly retained: number
  /** Messages that wait for one client with a session. */
  readonly queued: number
  readonly sessions: number
  /** Bytes of payload and topics, over all messages. */
  readonly bytes: number
}

export const STORE_LIMITS: StoreLimits = {
  retained: 100_000,
  queued: 1_000,
  sessions: 10_000,
  bytes: 256 * 1_048_576,
}

const sizeOf = ({ topic = '', payload = '' }: Partial<Packet>): number => topic.length * 2 + payload.length

/**
 * Adds limits to the store of aedes, which has none, so that clients cannot exhaust the memory. Beyond the limits a
 * retained message or a session closes its client's connection, because MQTT 3.1.1 has no negative answer, and a
 * message for a full session is dropped.
 * @param onDrop called for each dropped message with the session's client id
 */
export function boundStore(store: Store, limits: StoreLimits, onDrop: (clientId: string) => void): void {
  const { storeRetained, outgoingEnqueueCombi, outgoingClearMessageId } = bound(store)
  const { addSubscriptions, removeSubscriptions, cleanSubscriptions } = bound(store)
  const retained = new Map<string, number>()
  const queued = new Map<string, { messages: number; bytes: number }>()
  const sessions = new Set<string>()
  let bytes = 0

  const forgetWithout = async (client: { readonly id: string }) => {
    if ((await store.subscriptionsByClient(client)).length === 0) sessions.delete(client.id)
  }

  store.storeRetained = async (packet) => {
    const old = retained.get(packet.topic)
    const size = packet.payload.length === 0 ? 0 : sizeOf(packet)
    if (size > 0 && (bytes - (old ?? 0) + size > limits.bytes || (!old && retained.size >= limits.retained)))
      throw new Error(
        `limit of retained messages (${limits.retained}, or ${limits.bytes} bytes in all) reached`,
      )
    bytes += size - (old ?? 0)
    if (size === 0) retained.delete(packet.topic)
    else retained.set(packet.topic, size)
    await storeRetained(packet)
  }
  store.outgoingEnqueueCombi = async (wanted, packet) => {
    const size = sizeOf(packet)
    const kept = wanted.filter(({ clientId }) => {
      const queue = queued.get(clientId) ?? { messages: 0, bytes: 0 }
      if (queue.messages >= limits.queued || bytes + size > limits.bytes) {
        onDrop(clientId)
        return false
      }
      queued.set(clientId, queue)
      queue.messages++
      queue.bytes += size
      bytes += size
      return true
    })
    await outgoingEnqueueCombi(kept, packet)
  }
  store.outgoingClearMessageId = async (client, packet) => {
    const removed = await outgoingClearMessageId(client, packet)
    const queue = queued.get(client.id)
    if (!removed || !queue) return removed
    // A released QoS 2 packet no longer has its size: use the mean, and everything left for the last message.
    const size =
      queue.messages === 1 ? queue.bytes : removed.payload ? sizeOf(removed) : queue.bytes / queue.messages
    queue.messages--
    queue.bytes -= size
    bytes -= size
    if (queue.messages === 0) queued.delete(client.id)
    return removed
  }
  store.addSubscriptions = async (client, subscriptions) => {
    if (!sessions.has(client.id) && sessions.size >= limits.sessions)
      throw new Error(`limit of sessions (${limits.sessions}) reached`)
    sessions.add(client.id)
    await addSubscriptions(client, subscriptions)
  }
  store.removeSubscriptions = async (client, topics) => {
    await removeSubscriptions(client, topics)
    await forgetWithout(client)
  }
  store.cleanSubscriptions = async (client) => {
    await cleanSubscriptions(client)
    sessions.delete(client.id)
  }
}

/** Returns the original methods of the store, before they are replaced. */
function bound(store: Store): Store {
  return {
    storeRetained: store.storeRetained.bind(store),
    outgoingEnqueueCombi: store.outgoingEnqueueCombi.bind(store),
    outgoingClearMessageId: store.outgoingClearMessageId.bind(store),
    addSubscriptions: store.addSubscriptions.bind(store),
    removeSubscriptions: store.removeSubscriptions.bind(store),
    cleanSubscriptions: store.cleanSubscriptions.bind(store),
    subscriptionsByClient: store.subscriptionsByClient.bind(store),
  }
}
