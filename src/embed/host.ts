import { systemClock } from '../core/clock.js'
import type { LogRecord } from '../core/telemetry.js'
import type { GatewayPort } from './gateway-port.js'
import { methodTable } from './methods/index.js'
import { Served } from './served.js'
import { type ClientStream, Session } from './session.js'

/** How long clients may take to read their last answers. */
const READ_WITHIN_MS = 2_000
const DEFAULT_SHUTDOWN_MS = 10_000

/** The clients of a gateway that runs as a separate process. */
export class EmbeddingHost {
  readonly #gateway: GatewayPort
  readonly #session: ConstructorParameters<typeof Session>[1]
  readonly #sessions = new Set<Session>()
  #isStopped = false
  readonly #resolveStopped: () => void
  /** Resolves when the gateway has stopped. */
  readonly stopped: Promise<void>

  /** @param version the version of the package */
  constructor(gateway: GatewayPort, version: string, log: (record: LogRecord) => void) {
    this.#gateway = gateway
    this.#session = {
      gateway,
      methods: methodTable(version),
      served: new Served(gateway),
      log,
      shutdown: (timeout) => this.stop(timeout),
    }
    let resolveStopped = () => {}
    this.stopped = new Promise((resolve) => {
      resolveStopped = resolve
    })
    this.#resolveStopped = resolveStopped
  }

  /** How many clients are connected. */
  get clients(): number {
    return this.#sessions.size
  }

  /** Serves a client until it has sent everything, or is gone. Resolves when all its requests are answered. */
  async serve(stream: ClientStream): Promise<void> {
    const session = this.#attach(stream)
    await session.inputEnd
    session.abandon()
    await session.finish()
    this.#sessions.delete(session)
  }

  /** Serves the only client of a gateway, which stops with it. */
  async serveOwner(stream: ClientStream): Promise<void> {
    const session = this.#attach(stream)
    await session.inputEnd
    session.abandon()
    await this.stop()
  }

  /**
   * Stops the gateway; all accepted requests settle. Idempotent: a later call can only shorten the time.
   * @throws ConfigError for a wrong time; then nothing stops
   */
  async stop(timeout: number | string = DEFAULT_SHUTDOWN_MS): Promise<void> {
    await this.#gateway.shutdown({ timeout })
    if (this.#isStopped) return
    this.#isStopped = true
    for (const session of this.#sessions) session.end()
    this.#resolveStopped()
  }

  /** Waits until all clients have read their last answers. @returns false if one has not in time */
  async flushed(): Promise<boolean> {
    const read = Promise.all([...this.#sessions].map((session) => session.finish())).then(() => true)
    const late = new Promise<boolean>((resolve) => {
      systemClock.setTimer(READ_WITHIN_MS, () => resolve(false), { background: true })
    })
    return Promise.race([read, late])
  }

  #attach(stream: ClientStream): Session {
    const session = new Session(stream, this.#session)
    this.#sessions.add(session)
    return session
  }
}
