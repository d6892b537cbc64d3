import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../core/adapter.js'
import type { Timer } from '../core/clock.js'
import type { DiscoverySettings } from '../core/discovery.js'
import { EndpointSet } from '../core/endpoint-set.js'
import { ConnectionError } from '../core/errors.js'
import type { Endpoint } from '../core/settings.js'
import { asIntegrationError } from '../resilience/classify.js'
import { withDeadline } from '../resilience/deadline.js'
import type { AddressSource } from './address-source.js'
import { ownAddresses, sourceOf } from './source.js'

/** How long a connection that is left may take to end before the next one is made. */
const LEAVING_MS = 3_000

/** Adapters whose endpoint is discovered, where the settings say so; else as they are. */
export function discovering(makeAdapter: AdapterFactory): AdapterFactory {
  return (context) => {
    const { discovery } = context.settings
    return discovery === undefined
      ? makeAdapter(context)
      : new Discovering(context, discovery, makeAdapter).adapter
  }
}

/**
 * Gives an adapter the addresses to connect to: finds them before it connects and looks again at intervals, leaves
 * out for a while what could not be reached, and makes a new connection when the address of the present one has gone.
 * An adapter that spreads its requests by itself gets all addresses, any other one of them for each connection.
 */
class Discovering {
  readonly adapter: ProtocolAdapter
  readonly #inner: ProtocolAdapter
  readonly #context: AdapterContext
  readonly #settings: DiscoverySettings
  readonly #source: AddressSource
  readonly #set: EndpointSet
  /** What the adapter finds in its settings. */
  #given: readonly string[] = []
  /** `moving`: the adapter receives other addresses; one that needs a new connection for them reports the loss. */
  #state: 'down' | 'up' | 'moving' = 'down'
  /** Whether to look before the next connection: what is known may have led nowhere. */
  #isStale = true
  /** The end of a connection that we have left. */
  #leaving: Promise<void> | undefined
  #looking = new AbortController()
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
      disconnect: () => this.#disconnect(),
      ...(this.#inner.ping && { ping: (signal: AbortSignal) => this.#inner.ping!(signal) }),
      ...(this.#inner.pool && { pool: () => this.#inner.pool!() }),
      ...(rpc && { rpc }),
      ...(pubsub && { pubsub }),
      ...(queue && { queue }),
      ...(service && { service }),
    }
  }

  /** The endpoint with what has been found at the moment of looking; a found host is known by the name it was found under. */
  #liveEndpoint(endpoint: Endpoint): Endpoint {
    const { source } = this.#settings
    const given = () => this.#given
    const { tls } = endpoint
    return {
      ...endpoint,
      ...(source.type === 'dns' && tls !== undefined && { tls: { serverName: source.name, ...tls } }),
      get addresses() {
        return given()
      },
    }
  }

  get #spreads(): boolean {
    return this.#inner.addressesChanged !== undefined
  }

  async #connect(signal: AbortSignal): Promise<void> {
    await this.#left()
    if (this.#isStale) await this.#look(signal)
    const usable = this.#set.usable(this.#context.clock.monotonic())
    for (let attempts = this.#spreads ? 1 : usable.length; ; attempts--) {
      this.#choose()
      try {
        await this.#inner.connect(signal)
        break
      } catch (error) {
        this.#blame(error)
        // The next one is tried at once: waiting helps only when no address answers.
        if (attempts <= 1 || signal.aborted || asIntegrationError(error)?.kind !== 'connection') throw error
      }
    }
    this.#state = 'up'
    if (!this.#spreads) this.#set.succeeded(this.#given[0]!)
    this.#watch()
  }

  /** Waits for the end of the connection that was left, but not for long: nothing works meanwhile. */
  async #left(): Promise<void> {
    const leaving = this.#leaving
    this.#leaving = undefined
    if (leaving === undefined) return
    await new Promise<void>((resolve) => {
      const patience = this.#context.clock.setTimer(LEAVING_MS, resolve, { background: true })
      const done = () => {
        patience.cancel()
        resolve()
      }
      leaving.then(done, done)
    })
  }

  async #disconnect(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#looking.abort(new ConnectionError('discovery has ended'))
    this.#state = 'down'
    await this.#inner.disconnect()
  }

  #choose(): void {
    const now = this.#context.clock.monotonic()
    this.#given = this.#spreads ? this.#set.usable(now) : [this.#set.next(now)!]
  }

  #lost(error: ConnectionError): void {
    if (this.#state !== 'moving') this.#blame(error)
    this.#state = 'down'
    this.#context.connectionLost(error)
  }

  /** What the adapter was given could not be reached, or was lost: look for others. */
  #blame(error: unknown): void {
    if (asIntegrationError(error)?.kind !== 'connection') return
    this.#isStale = true
    const now = this.#context.clock.monotonic()
    for (const address of this.#given) this.#set.failed(address, now)
  }

  /** Finds addresses; what was known before, or stands in the endpoint, is better than nothing. @throws ConnectionError */
  async #look(signal: AbortSignal): Promise<boolean> {
    let changed = false
    let reason = 'nothing was found'
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
    this.#context.log({ level: 'warn', message: `discovery: ${reason}; going on with what is known` })
    return changed
  }

  /** Looks again at each interval, while there is a connection or one is wanted. */
  #watch(): void {
    this.#timer?.cancel()
    if (this.#settings.source.type === 'static') return
    this.#timer = this.#context.clock.setTimer(this.#settings.intervalMs, () => this.#lookAgain(), {
      background: true,
    })
  }

  async #lookAgain(): Promise<void> {
    this.#looking = new AbortController()
    const { signal } = this.#looking
    const { clock, settings } = this.#context
    const changed = await withDeadline((attempt) => this.#look(attempt.signal), {
      clock,
      deadline: clock.monotonic() + settings.timeoutMs,
      operation: 'discovery',
      signal,
    }).catch(() => false)
    if (signal.aborted || this.#state !== 'up') return
    this.#watch()
    if (changed) this.#follow()
  }

  /** Other addresses than before: an adapter that can takes them up, any other has to leave one that has gone. */
  #follow(): void {
    if (this.#spreads) {
      this.#choose()
      this.#state = 'moving'
      this.#inner.addressesChanged!()
      if (this.#state === 'moving') this.#state = 'up'
      return
    }
    const [address] = this.#given
    if (address === undefined || this.#set.has(address)) return
    this.#state = 'down'
    this.#context.connectionLost(new ConnectionError(`${address} is not among the addresses found any more`))
    // The adapter does not know that; what it had under way fails, and begins again on the next connection.
    this.#leaving = this.#inner.disconnect()
  }
}
