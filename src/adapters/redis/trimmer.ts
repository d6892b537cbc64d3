import type { Clock } from '../../core/clock.js'
import { runScript } from './commands.js'
import type { ConnectionPool } from './connection-pool.js'
import { PRUNE, TRIM } from './trim-scripts.js'

/** How many acknowledged entries start a trim. */
const TRIM_AFTER = 64
/**
 * Maximum number of remembered ids that other groups have not acknowledged. Older ones are found by scanning the
 * stream.
 */
const MOST_WAITING = 10_000
/**
 * Interval between scans of a part of the stream, in milliseconds, and the size of a part. Scans find entries left
 * behind by a process that died.
 */
const LOOK_EVERY_MS = 60_000
const PART = 20
const BEGINNING = '-'

/**
 * Removes acknowledged entries of one stream: with `max_len` all beyond that number, otherwise those that our `send`
 * added. Entries of other senders are kept, because those senders may still need them.
 */
export class Trimmer {
  readonly #pool: ConnectionPool
  readonly #stream: string
  readonly #group: string
  readonly #maxLength: number | undefined
  readonly #maxFrame: number
  readonly #clock: Clock
  #waiting: string[] = []
  #since = 0
  #from = BEGINNING
  #nextLook = 0
  #running = false

  constructor(
    pool: ConnectionPool,
    stream: string,
    group: string,
    maxLength: number | undefined,
    maxFrame: number,
    clock: Clock,
  ) {
    this.#group = group
    this.#pool = pool
    this.#stream = stream
    this.#maxLength = maxLength
    this.#maxFrame = maxFrame
    this.#clock = clock
  }

  /** Records an entry that our group has acknowledged. @param removable whether our `send` added it */
  acknowledged(id: string, removable: boolean): void {
    if (this.#maxLength === -1) return
    if (this.#maxLength === undefined) {
      if (!removable) return
      this.#waiting.push(id)
    }
    if (++this.#since >= TRIM_AFTER) this.trim()
  }

  /** Removes what can be removed now. Never throws. */
  trim(): void {
    const due = this.#maxLength === undefined && this.#clock.monotonic() >= this.#nextLook
    if (this.#running || this.#maxLength === -1 || (this.#since === 0 && !due)) return
    this.#since = 0
    this.#running = true
    const trimming =
      this.#maxLength === undefined
        ? this.#prune(due)
        : runScript(this.#pool, TRIM, [this.#stream], [this.#maxLength])
    trimming.catch(ignore).finally(() => {
      this.#running = false
    })
  }

  async #prune(look: boolean): Promise<void> {
    const ids = this.#waiting
    this.#waiting = []
    if (look) this.#nextLook = this.#clock.monotonic() + LOOK_EVERY_MS
    const args = [this.#group, this.#maxFrame, look ? this.#from : '', PART, ...ids]
    try {
      const reply = await runScript(this.#pool, PRUNE, [this.#stream], args)
      const [next, ...left] = Array.isArray(reply) ? reply.map(String) : [BEGINNING]
      if (look) this.#from = next!
      this.#waiting = [...left, ...this.#waiting].slice(-MOST_WAITING)
    } catch {
      this.#waiting = [...ids, ...this.#waiting].slice(-MOST_WAITING)
    }
  }
}

function ignore(): void {}
