import { sharedController } from '../core/abort.js'
import type {
  AdapterContext,
  AdapterFactory,
  LeftSession,
  ProtocolAdapter,
} from '../core/adapter/protocol-adapter.js'
import type { Timer } from '../core/clock.js'
import type { DiscoverySettings } from '../core/discovery.js'
import { EndpointSet } from '../core/endpoint-set.js'
import { ConnectionError } from '../core/errors/connection.js'
import type { Endpoint } from '../core/settings/endpoint.js'
import { asIntegrationError } from '../resilience/classify.js'
import { withDeadline } from '../resilience/deadline.js'
import type { AddressSource } from './address-source.js'
import { ownAddresses, sourceOf } from './source.js'
import { targetLookup } from './target-lookup.js'

/** How long closing the previous connection may take before the next one is made, in milliseconds. */
const CLOSE_GRACE_MS = 3_000

/** Wraps adapters so that their endpoint is discovered, if the settings say so. */
export function discovering(makeAdapter: AdapterFactory): AdapterFactory {
  return (context) => {
    const { discovery } = context.settings
    return discovery === undefined
      ? makeAdapter(context)
      : new Discovering(context, discovery, makeAdapter).adapter
  }
}

/**
 * Finds the addresses of an adapter: before it connects and at intervals. Excludes unreachable addresses for a
 * while and reconnects when the current address disappears; an adapter that balances requests itself gets all
 * addresses, any other gets one per connection.
 */
class Discovering {
  readonly adapter: ProtocolAdapter
  readonly #inner: ProtocolAdapter
  readonly #context: AdapterContext
  readonly #settings: DiscoverySettings
  readonly #source: AddressSource
  readonly #set: EndpointSet
  /** The addresses in the adapter's settings. */
  #addresses: readonly string[] = []
  /** `moving`: the adapter receives other addresses; one that needs a new connection for them reports the loss. */
  #state: 'down' | 'up' | 'moving' = 'down'
  /** Whether to look up addresses before the next connection, because the known ones may be unreachable. */
  #isStale = true
  /** Closing of the previous connection. */
  #closing: Promise<void> | undefined
  #lookup = sharedController()
  #timer: Timer | undefined

  constructor(context: AdapterContext, settings: DiscoverySettings, makeAdapter: AdapterFactory) {
    const { endpoint } = context.settings
    this.#context = context
    this.#settings = settings
    this.#source = sourceOf(settings, endpoint)
    this.#set = new EndpointSet(settings)
    this.#inner = makeAdapter({
      ...context,
      settings: { ...context.settings, endpoint: this.#liveEndpoint(endpoint) },
      connectionLost: (error) => this.#lost(error),
    })
    const { protocol, rpc, pubsub, queue, service } = this.#inner
    this.adapter = {
      protocol,
      connect: (signal) => this.#connect(signal),
      disconnect: (endsSessions) => this.#disconnect(endsSessions),
      ...(this.#inner.left && { left: () => this.#inner.left!() }),
      ...(this.#inner.adopt && { adopt: (left: LeftSession) => this.#inner.adopt!(left) }),
      ...(this.#inner.ping && { ping: (signal: AbortSignal) => this.#inner.ping!(signal) }),
      ...(this.#inner.pool && { pool: () => this.#inner.pool!() }),
      ...(rpc && { rpc }),
      ...(pubsub && { pubsub }),
      ...(queue && { queue }),
      ...(service && { service }),
    }
  }

  /**
   * Returns the endpoint with live addresses. TLS verifies a discovered host by the name that was looked up. The targets
   * of SRV records are resolved by the DNS servers that have the records.
   */
  #liveEndpoint(endpoint: Endpoint): Endpoint {
    const { source } = this.#settings
    const current = () => this.#addresses
    const { tls } = endpoint
    return {
      ...endpoint,
      ...(source.type === 'dns-srv' && source.servers.length > 0 && { lookup: targetLookup(source.servers) }),
      ...(source.type === 'dns' && tls !== undefined && { tls: { serverName: source.name, ...tls } }),
      get addresses() {
        return current()
      },
    }
  }

  get #balancesItself(): boolean {
    return this.#inner.addressesChanged !== undefined
  }

  async #connect(signal: AbortSignal): Promise<void> {
    await this.#previousClosed()
    if (this.#isStale) await this.#findAddresses(signal)
    const usable = this.#set.usable(this.#context.clock.monotonic())
    for (let attempts = this.#balancesItself ? 1 : usable.length; ; attempts--) {
      this.#choose()
      try {
        await this.#inner.connect(signal)
        break
      } catch (error) {
        this.#markFailed(error)
        // Try the next address at once: waiting helps only if no address answers.
        if (attempts <= 1 || signal.aborted || asIntegrationError(error)?.kind !== 'connection') throw error
      }
    }
    this.#state = 'up'
    if (!this.#balancesItself) this.#set.succeeded(this.#addresses[0]!)
    this.#watch()
  }

  /** Waits until the previous connection is closed, `CLOSE_GRACE_MS` at most, because operations wait meanwhile. */
  async #previousClosed(): Promise<void> {
    const closing = this.#closing
    this.#closing = undefined
    if (closing === undefined) return
    await new Promise<void>((resolve) => {
      const timer = this.#context.clock.setTimer(CLOSE_GRACE_MS, resolve, { background: true })
      const done = () => {
        timer.cancel()
        resolve()
      }
      closing.then(done, done)
    })
  }

  async #disconnect(endsSessions?: boolean): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#lookup.abort(new ConnectionError('discovery has ended'))
    this.#state = 'down'
    await this.#inner.disconnect(endsSessions)
  }

  #choose(): void {
    const now = this.#context.clock.monotonic()
    this.#addresses = this.#balancesItself ? this.#set.usable(now) : [this.#set.next(now)!]
  }

  #lost(error: ConnectionError): void {
    if (this.#state !== 'moving') this.#markFailed(error)
    this.#state = 'down'
    this.#context.connectionLost(error)
  }

  /** Excludes the current addresses and requests a new lookup, because they are unreachable or were lost. */
  #markFailed(error: unknown): void {
    if (asIntegrationError(error)?.kind !== 'connection') return
    this.#isStale = true
    const now = this.#context.clock.monotonic()
    for (const address of this.#addresses) this.#set.failed(address, now)
  }

  /**
   * Looks up addresses. Without a result it keeps the known addresses, or those of the endpoint.
   * @throws ConnectionError if no address is known
   */
  async #findAddresses(signal: AbortSignal): Promise<boolean> {
    let changed = false
    let reason = 'no address was found'
    try {
      const found = await this.#source.find(signal)
      if (found.length > 0) {
        this.#isStale = false
        return this.#set.replace(found)
      }
    } catch (error) {
      if (signal.aborted) throw error
      reason = (error as Error).message
    }
    if (this.#set.size === 0) changed = this.#set.replace(ownAddresses(this.#context.settings.endpoint))
    if (this.#set.size === 0)
      throw new ConnectionError(`discovery (${this.#settings.source.type}): ${reason}`, {
        integration: this.#context.settings.name,
      })
    this.#context.log({ level: 'warn', message: `discovery: ${reason}; continuing with the known addresses` })
    return changed
  }

  /** Schedules the next lookup. */
  #watch(): void {
    this.#timer?.cancel()
    if (this.#settings.source.type === 'static') return
    this.#timer = this.#context.clock.setTimer(this.#settings.intervalMs, () => this.#refresh(), {
      background: true,
    })
  }

  async #refresh(): Promise<void> {
    this.#lookup = sharedController()
    const { signal } = this.#lookup
    const { clock, settings } = this.#context
    const changed = await withDeadline((attempt) => this.#findAddresses(attempt.signal), {
      clock,
      deadline: clock.monotonic() + settings.timeoutMs,
      operation: 'discovery',
      signal,
    }).catch(() => false)
    if (signal.aborted || this.#state !== 'up') return
    this.#watch()
    if (changed) this.#follow()
  }

  /**
   * Applies changed addresses. An adapter that supports it switches over; any other reconnects if its address has
   * disappeared.
   */
  #follow(): void {
    if (this.#balancesItself) {
      this.#choose()
      this.#state = 'moving'
      this.#inner.addressesChanged!()
      if (this.#state === 'moving') this.#state = 'up'
      return
    }
    const [address] = this.#addresses
    if (address === undefined || this.#set.has(address)) return
    this.#state = 'down'
    this.#context.connectionLost(
      new ConnectionError(`${address} is no longer among the discovered addresses`),
    )
    // The adapter does not know of the loss: its operations fail and are retried on the next connection.
    this.#closing = this.#inner.disconnect()
  }
}
