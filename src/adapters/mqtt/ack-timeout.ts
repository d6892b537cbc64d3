import type { Clock, Timer } from '../../core/clock.js'
import type { Logger } from '../../core/telemetry.js'
import type { Hold } from './client/ack-gate.js'

/** How long `ack` waits until earlier messages of its queue are settled, in milliseconds. */
const ACK_TIMEOUT_MS = 1_000

/**
 * Limits how long `ack` waits, because MQTT sends acknowledgements in the order of the messages ([MQTT-4.6.0-2]) and an
 * earlier one may stay unsettled. After the limit `ack` resolves, and the recorded acknowledgement is sent in its turn.
 */
export class AckTimeout {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #queue: string
  /** The waiting calls of `ack`, with the places of their messages in the order of arrival. */
  readonly #waiting = new Map<(outcome: boolean) => void, number>()
  #timer: Timer | undefined
  #isWarned = false
  /** Whether a wait has reached the limit and nothing has been sent since: the same message is still in the way. */
  #isLate = false

  constructor({ clock, log, queue }: { clock: Clock; log: Logger; queue: string }) {
    this.#clock = clock
    this.#log = log
    this.#queue = queue
  }

  /**
   * Settles `hold` and waits until its acknowledgement is sent, up to the limit.
   * @param order the place of the message in the order of arrival
   * @param isBlocked whether an earlier message waits for redelivery; `ack` then does not wait
   * @param onWritten called when the acknowledgement has been sent
   * @returns false if the connection ended before the acknowledgement was sent
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
      this.#timer ??= this.#clock.setTimer(ACK_TIMEOUT_MS, () => this.#timeUp(), { background: true })
    })
  }

  /** Resolves the calls of `ack` for messages after `order`: that message waits for redelivery, which can take long. */
  stopWaiting(order = Number.NEGATIVE_INFINITY): void {
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
        message: `acknowledgements of queue ${this.#queue} wait because an earlier message is not settled`,
        count: this.#waiting.size,
      })
    }
    this.#isLate = this.#waiting.size > 0
    this.stopWaiting()
  }
}
