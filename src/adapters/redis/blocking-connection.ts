import type { Clock } from '../../core/clock.js'
import type { ServerAddress } from './endpoint.js'
import type { Link, Purpose } from './link.js'
import type { Argument, Reply, Wire } from './wire.js'

/** A read is interrupted again after so long: the server may not have begun it yet, in milliseconds. */
const AGAIN_MS = 10

/** A connection for one read at a time, which blocks at the server until there is something, or until it is interrupted. */
export class BlockingConnection {
  readonly #link: Link
  readonly #clock: Clock
  readonly #purpose: Purpose
  #wire: Wire | undefined
  #opening: Promise<void> | undefined
  #clientId: number | undefined
  /** A key at the server of the present read. */
  #key: string | undefined
  #reading = false
  #interrupting = false

  constructor(link: Link, clock: Clock, purpose: Purpose) {
    this.#link = link
    this.#clock = clock
    this.#purpose = purpose
  }

  /** Opens it at the server that has `key`, unless it is open. @throws ConnectionError, AuthError */
  async open(key: string | undefined): Promise<void> {
    if (this.#wire !== undefined) return
    this.#opening ??= this.#link
      .dedicated(this.#purpose, key)
      .then((wire) => this.#use(wire))
      .finally(() => {
        this.#opening = undefined
      })
    await this.#opening
  }

  /** Opens it at another server instead. @throws ConnectionError, AuthError */
  async moveTo(address: ServerAddress): Promise<void> {
    this.close()
    await this.#use(await this.#link.connect(this.#purpose, address))
  }

  /** Reads at the server that has `key`. Rejects like `Wire.send`, and with ConnectionError. */
  async read(key: string | undefined, name: string, args: readonly Argument[]): Promise<Reply> {
    await this.open(key)
    this.#key = key
    this.#reading = true
    try {
      return await this.#wire!.send(name, args)
    } finally {
      this.#reading = false
    }
  }

  /** Lets a read that waits return at once with what it has. Without the right to do so it ends by its time-out. */
  interrupt(): void {
    if (!this.#reading || this.#interrupting || this.#clientId === undefined) return
    this.#interrupting = true
    this.#unblock(this.#clientId)
  }

  /** Ends it. Never throws; idempotent. */
  close(): void {
    if (this.#wire !== undefined) this.#link.discard(this.#wire)
    this.#wire = undefined
    this.#clientId = undefined
  }

  async #use(wire: Wire): Promise<void> {
    this.#wire = wire
    this.#clientId = await wire.send('client', ['ID']).then(Number, () => undefined)
  }

  #unblock(id: number): void {
    const stop = () => {
      this.#interrupting = false
    }
    this.#link.send(this.#key, 'client', ['UNBLOCK', id]).then((unblocked) => {
      if (unblocked === 1 || !this.#reading || this.#clientId !== id) return stop()
      this.#clock.setTimer(AGAIN_MS, () => (this.#reading ? this.#unblock(id) : stop()), { background: true })
    }, stop)
  }
}
