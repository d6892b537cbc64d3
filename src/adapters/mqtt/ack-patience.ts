import type { Clock, Timer } from '../../core/clock.js'
import type { Logger } from '../../core/telemetry.js'
import type { Hold } from './client/ack-gate.js'

/** How long `ack` waits for earlier messages of its queue to be settled, in milliseconds. */
const PATIENCE_MS = 1_000

/**
 * Acknowledgements of MQTT leave in the order of the messages ([MQTT-4.6.0-2]), so one may have to wait for an earlier
 * message to be settled. A caller that waits for its own acknowledgement before it goes on must not wait forever: it
 * goes on after a while, at once where an earlier message waits for its next delivery. The acknowledgement is recorded
 * and leaves when its turn comes.
 */
export class AckPatience {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #queue: string
  /** With the places of their messages in the order of arrival. */
  readonly #waiting = new Map<(outcome: boolean) => void, number>()
  #timer: Timer | undefined
  #isWarned = false
  /** Something waited to no effect, and nothing has been written since: the same message is in the way. */
  #isLate = false

  constructor({ clock, log, queue }: { clock: Clock; log: Logger; queue: string }) {
    this.#clock = clock
    this.#log = log
    this.#queue = queue
  }

  /**
   * Settles `hold`.
   * @param order the place of its message in the order of arrival
   * @param isBlocked an earlier message waits for its next delivery
   * @param onWritten called when the acknowledgement has been written
   * @returns false when the connection ended before the acknowledgement was written
   */
  acknowledge(hold: Hold, order: number, isBlocked: boolean, onWritten: () => void): Promise<boolean> {
    if (!hold.settle()) return Promise.resolve(false)
    return new Promise((resolve) => {
      let isWritten = false
      hold.written((written) => {
        isWritten = true
        this.#isLate = false
        if (written) onWritten()
        this.#waiting.delete(resolve)
        resolve(written)
      })
      if (isWritten) return
      if (isBlocked || this.#isLate) return resolve(true)
      this.#waiting.set(resolve, order)
      this.#timer ??= this.#clock.setTimer(PATIENCE_MS, () => this.#timeUp(), { background: true })
    })
  }

  /** The message of that place waits for its next delivery: nobody waits for that. */
  giveUp(order = Number.NEGATIVE_INFINITY): void {
    for (const [resolve, later] of [...this.#waiting])
      if (later > order) {
        this.#waiting.delete(resolve)
        resolve(true)
      }
  }

  close(): void {
    this.#timer?.cancel()
  }

  #timeUp(): void {
    this.#timer = undefined
    if (this.#waiting.size > 0 && !this.#isWarned) {
      this.#isWarned = true
      this.#log({
        level: 'warn',
        message: `acknowledgements of queue ${this.#queue} wait for an earlier message that is not settled`,
        count: this.#waiting.size,
      })
    }
    this.#isLate = this.#waiting.size > 0
    this.giveUp()
  }
}
