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
  readonly #waiting = new Set<(outcome: boolean) => void>()
  #timer: Timer | undefined
  #isWarned = false

  constructor({ clock, log, queue }: { clock: Clock; log: Logger; queue: string }) {
    this.#clock = clock
    this.#log = log
    this.#queue = queue
  }

  /**
   * Settles `hold`.
   * @param isBlocked an earlier message may wait for its next delivery
   * @param onWritten called when the acknowledgement has been written
   * @returns false when the connection ended before the acknowledgement was written
   */
  acknowledge(hold: Hold, isBlocked: boolean, onWritten: () => void): Promise<boolean> {
    if (!hold.settle()) return Promise.resolve(false)
    return new Promise((resolve) => {
      let isWritten = false
      hold.written((written) => {
        isWritten = true
        if (written) onWritten()
        this.#waiting.delete(resolve)
        resolve(written)
      })
      if (isWritten) return
      if (isBlocked) return resolve(true)
      this.#waiting.add(resolve)
      this.#timer ??= this.#clock.setTimer(PATIENCE_MS, () => this.#timeUp(), { background: true })
    })
  }

  /** An earlier message waits for its next delivery: nobody waits for that. */
  giveUp(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resolve of waiting) resolve(true)
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
    this.giveUp()
  }
}
