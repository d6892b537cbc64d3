import { buildConnector, Client } from 'undici'
import type { Attempt } from '../../core/adapter/attempt.js'
import type { Clock } from '../../core/clock.js'
import type { DiscoverySettings, FoundAddress } from '../../core/discovery.js'
import { EndpointSet } from '../../core/endpoint-set.js'
import { AuthError, ConnectionError } from '../../core/errors/connection.js'
import { IntegrationError } from '../../core/errors/integration-error.js'
import type { IncomingAnswers } from '../../core/incoming-answers.js'
import type { PoolFigures } from '../../core/status.js'
import type { Logger } from '../../core/telemetry.js'
import { codeOf } from '../socket-failure.js'
import { readTlsOptions, type TlsOptions } from '../tls.js'
import { ConnectionPool } from './connection-pool.js'
import { announcing, named, secureConnector } from './connector.js'
import { ExchangeFailure, type ExchangeSettings, exchange, type HttpAnswer } from './exchange.js'
import { probe } from './probe.js'
import { SignalWatch } from './signal-watch.js'
import { socketError, UnreachableError } from './socket-error.js'
import { placeOf, type Target } from './target.js'

/** How long requests in flight may take to finish after `close`, in milliseconds. */
const CLOSE_GRACE_MS = 1000
/** Longest keep-alive time that a server may ask for, in milliseconds. */
const LONGEST_KEEP_ALIVE_MS = 600_000

export interface TransportSettings {
  readonly integration: string
  readonly targets: readonly Target[]
  readonly headers: string[]
  /** Maximum size of an answer in bytes. */
  readonly limit: number
  readonly incoming: IncomingAnswers
  readonly poolSize: number
  readonly pipelining: number
  readonly keepAliveMs: number
  readonly connectTimeoutMs: number
  readonly discovery?: DiscoverySettings
  readonly log: Logger
  /** Called when the first bytes of an answer arrive. */
  readonly answerBegins: () => void
}

interface Address {
  readonly target: Target
  readonly pool: ConnectionPool
  readonly exchange: ExchangeSettings
}

/**
 * Holds one connection pool per address of the endpoint. Requests go to one address until it is unreachable, then
 * to the next; a request that may have been received is never sent twice.
 */
export class Transport {
  readonly #integration: string
  readonly #clock: Clock
  readonly #settings: TransportSettings
  /** Balances requests among addresses if `discovery` configures it; else the first reachable address is used. */
  readonly #endpoints: EndpointSet | undefined
  #addresses: readonly Address[]
  readonly #watch: SignalWatch
  readonly #log: Logger
  readonly #poolSize: number
  #current = 0

  private constructor(settings: TransportSettings, clock: Clock) {
    this.#integration = settings.integration
    this.#clock = clock
    this.#settings = settings
    this.#endpoints = settings.discovery && new EndpointSet(settings.discovery)
    this.#addresses = settings.targets.map((target) => addressOf(target, settings))
    this.#endpoints?.replace(this.#addresses.map(foundAddress))
    this.#log = settings.log
    this.#poolSize = settings.poolSize
    this.#watch = new SignalWatch(clock)
  }

  /** Connects to the first reachable address. @throws ConnectionError, AuthError, or the signal's reason */
  static async open(settings: TransportSettings, clock: Clock, signal: AbortSignal): Promise<Transport> {
    const transport = new Transport(settings, clock)
    try {
      await transport.probe(signal)
      return transport
    } catch (error) {
      await transport.close(clock)
      throw error
    }
  }

  /** Checks that a connection can be made. @throws UnreachableError, AuthError, or the signal's reason */
  probe(signal: AbortSignal): Promise<void> {
    return this.#tryAddresses({ signal }, async ({ target }) => {
      const tls = await this.#tlsOf(target)
      try {
        await probe(target, tls, this.#watch.clock, signal)
      } catch (error) {
        throw new ExchangeFailure(false, error)
      }
    })
  }

  /**
   * Posts a body.
   * @param headers added to the fixed headers for this request: name, value, name, value
   * @throws UnreachableError if no connection could be made, so that nothing was sent; ConnectionError; AuthError
   * if the server rejects our certificate; SerializeError if the answer exceeds the limit; or the signal's reason
   */
  post(body: Uint8Array, operation: Attempt, headers: readonly string[] = []): Promise<HttpAnswer> {
    return this.#tryAddresses(operation, ({ pool, exchange: settings }) => {
      const own = headers.length > 0 ? { ...settings, headers: [...settings.headers, ...headers] } : settings
      return exchange(pool, body, own, operation, this.#watch)
    })
  }

  /** Returns the summed figures of all pools. */
  figures(): PoolFigures {
    const sum = { size: 0, idle: 0, inUse: 0, pending: 0, max: 0 }
    for (const { pool } of this.#addresses) {
      const { connected, running, waiting } = pool.stats
      const inUse = Math.min(connected, running)
      sum.size += connected
      sum.inUse += inUse
      sum.idle += connected - inUse
      sum.pending += waiting
      sum.max += this.#poolSize
    }
    return sum
  }

  /** Waits up to `CLOSE_GRACE_MS` for requests in flight, then closes every connection. Never throws. */
  async close(clock: Clock): Promise<void> {
    await Promise.all(
      this.#addresses.map(({ pool }) => closePool(pool, clock, this.#integration, CLOSE_GRACE_MS)),
    )
  }

  /**
   * Switches new requests to these targets. Requests in flight at a removed target get the time of one attempt to
   * finish.
   */
  retarget(targets: readonly Target[]): void {
    const before = new Map(this.#addresses.map((address) => [keyOf(address), address]))
    this.#addresses = targets.map((target) => {
      const kept = before.get(keyOf({ target }))
      before.delete(keyOf({ target }))
      return kept ?? addressOf(target, this.#settings)
    })
    this.#current = 0
    this.#endpoints?.replace(this.#addresses.map(foundAddress))
    for (const { pool } of before.values())
      closePool(pool, this.#clock, this.#integration, this.#settings.connectTimeoutMs)
  }

  async #tlsOf({ tls }: Target): Promise<TlsOptions | undefined> {
    try {
      return tls && (await readTlsOptions(tls, this.#log))
    } catch (error) {
      throw named(error as Error, this.#integration)
    }
  }

  async #tryAddresses<T>(
    operation: Pick<Attempt, 'signal'>,
    attempt: (address: Address) => Promise<T>,
  ): Promise<T> {
    const failures: IntegrationError[] = []
    for (const address of this.#order()) {
      try {
        const result = await attempt(address)
        this.#reached(address)
        return result
      } catch (failure) {
        if (operation.signal.aborted) throw operation.signal.reason
        const cause = failure instanceof ExchangeFailure ? failure.cause : failure
        const isUnsent = failure instanceof ExchangeFailure && !failure.sent
        const error = socketError(cause, address.target.shown, {
          integration: this.#integration,
          ...(isUnsent && { notExecuted: true }),
        })
        if (!isUnreachable(failure)) throw error
        this.#endpoints?.failed(keyOf(address), this.#clock.monotonic())
        failures.push(error)
      }
    }
    throw unreachable(failures, this.#integration)
  }

  /** Returns all addresses in the order in which a request tries them. */
  #order(): readonly Address[] {
    const addresses = this.#addresses
    if (addresses.length === 1) return addresses
    if (this.#endpoints === undefined)
      return [...addresses.slice(this.#current), ...addresses.slice(0, this.#current)]
    const now = this.#clock.monotonic()
    const byKey = new Map(addresses.map((address) => [keyOf(address), address]))
    const next = this.#endpoints.next(now, (key) => pendingAt(byKey.get(key)!))
    const keys = new Set([
      ...(next === undefined ? [] : [next]),
      ...this.#endpoints.usable(now),
      ...byKey.keys(),
    ])
    return [...keys].map((key) => byKey.get(key)!)
  }

  #reached(address: Address): void {
    if (this.#endpoints !== undefined) this.#endpoints.succeeded(keyOf(address))
    else if (this.#addresses.length > 1) this.#current = Math.max(0, this.#addresses.indexOf(address))
  }
}

const CLOSED_BY_US = new Set(['UND_ERR_CLOSED', 'UND_ERR_DESTROYED', 'UND_ERR_INVALID_ARG'])

/** Tells whether no connection could be made, so that nothing was sent. */
function isUnreachable(failure: unknown): boolean {
  if (!(failure instanceof ExchangeFailure) || failure.sent) return false
  return !(failure.cause instanceof IntegrationError) && !CLOSED_BY_US.has(codeOf(failure.cause))
}

/**
 * Combines the failures of all addresses. If every server rejects our certificate, the result is an AuthError,
 * because another attempt would not help.
 */
function unreachable(failures: readonly IntegrationError[], integration: string): IntegrationError {
  if (failures.every((failure) => failure instanceof AuthError)) return failures[0]!
  const reasons = failures.map(({ message }) => message)
  const reason = reasons.length === 1 ? reasons[0]! : `no address can be reached: ${reasons.join('; ')}`
  return new UnreachableError(reason, {
    integration,
    cause: failures.at(-1)?.cause,
    // A retry makes sense if it makes sense for at least one address.
    retryable: failures.some(({ retryable }) => retryable),
    notExecuted: true,
  })
}

function addressOf(target: Target, settings: TransportSettings): Address {
  const { connectTimeoutMs: timeout, integration, log } = settings
  const options: Client.Options = {
    pipelining: settings.pipelining,
    keepAliveTimeout: settings.keepAliveMs,
    keepAliveMaxTimeout: Math.max(settings.keepAliveMs, LONGEST_KEEP_ALIVE_MS),
    // The signal of the attempt sets its deadline; undici's own time-outs are switched off.
    headersTimeout: 0,
    bodyTimeout: 0,
    // All connections share one connector, so that they can resume each other's TLS sessions.
    connect: announcing(
      target.tls
        ? secureConnector(target.tls, placeOf(target), timeout, integration, log)
        : buildConnector({ timeout, allowH2: false, ...placeOf(target) } as buildConnector.BuildOptions),
      settings.answerBegins,
    ),
    allowH2: false,
  }
  const pool = new ConnectionPool({
    size: settings.poolSize,
    pipelining: settings.pipelining,
    open: () => new Client(target.origin, options),
  })
  return {
    target,
    pool,
    exchange: {
      integration,
      origin: target.origin,
      path: target.path,
      headers: settings.headers,
      limit: settings.limit,
      incoming: settings.incoming,
      pipelined: settings.pipelining > 1,
      poolSize: settings.poolSize,
    },
  }
}

function keyOf({ target }: Pick<Address, 'target'>): string {
  return target.shown + target.path
}

function foundAddress(address: Address): FoundAddress {
  return { address: keyOf(address), priority: 0, weight: 1 }
}

/** Returns the number of requests in flight or queued at an address. */
function pendingAt({ pool }: Address): number {
  const { running, waiting } = pool.stats
  return running + waiting
}

async function closePool(
  pool: ConnectionPool,
  clock: Clock,
  integration: string,
  graceMs: number,
): Promise<void> {
  const grace = clock.setTimer(graceMs, () => {
    pool.destroy(new ConnectionError('the connection was closed by us', { integration })).catch(() => {})
  })
  await pool.close()
  grace.cancel()
}
