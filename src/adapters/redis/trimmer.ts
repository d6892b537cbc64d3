import type { Clock } from '../../core/clock.js'
import { runScript } from './commands.js'
import type { Link } from './link.js'
import { PRUNE, TRIM } from './trim-scripts.js'

/** So many acknowledged entries are worth removing. */
const TRIM_AFTER = 64
/** Entries that wait for other groups. The oldest beyond that are found by looking through the stream. */
const MOST_WAITING = 10_000
/** Between two looks at a part of the stream for entries that a process left behind which died, and how large a part. */
const LOOK_EVERY_MS = 60_000
const PART = 20
const BEGINNING = '-'

/**
 * Removes acknowledged entries of one stream: with `max_len` all beyond that many, otherwise those that our `send`
 * made. Entries that others write are theirs.
 */
export class Trimmer {
  readonly #link: Link
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
    link: Link,
    stream: string,
    group: string,
    maxLength: number | undefined,
    maxFrame: number,
    clock: Clock,
  ) {
    this.#group = group
    this.#link = link
    this.#stream = stream
    this.#maxLength = maxLength
    this.#maxFrame = maxFrame
    this.#clock = clock
  }

  /** An entry has been acknowledged in our group. @param removable whether our `send` made it */
  acknowledged(id: string, removable: boolean): void {
    if (this.#maxLength === -1) return
    if (this.#maxLength === undefined) {
      if (!removable) return
      this.#waiting.push(id)
    }
    if (++this.#since >= TRIM_AFTER) this.trim()
  }

  /** Removes what can be removed by now. Never throws. */
  trim(): void {
    const due = this.#maxLength === undefined && this.#clock.monotonic() >= this.#nextLook
    if (this.#running || this.#maxLength === -1 || (this.#since === 0 && !due)) return
    this.#since = 0
    this.#running = true
    const trimming =
      this.#maxLength === undefined
        ? this.#prune(due)
        : runScript(this.#link, TRIM, [this.#stream], [this.#maxLength])
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
      const reply = await runScript(this.#link, PRUNE, [this.#stream], args)
      const [next, ...left] = Array.isArray(reply) ? reply.map(String) : [BEGINNING]
      if (look) this.#from = next!
      this.#waiting = [...left, ...this.#waiting].slice(-MOST_WAITING)
    } catch {
      this.#waiting = [...ids, ...this.#waiting].slice(-MOST_WAITING)
    }
  }
}

function ignore(): void {}
