import type { Clock, Timer } from '../../core/clock.js'
import type { RouteBatchSettings } from '../../core/settings/route.js'

/** Collects calls into batches: a batch is sent when it is full, or when its first call has waited long enough. */
export class CallBatcher<T> {
  readonly #clock: Clock
  readonly #limits: RouteBatchSettings
  readonly #send: (items: readonly T[]) => void
  #items: T[] = []
  #bytes = 0
  #timer: Timer | undefined

  constructor(clock: Clock, limits: RouteBatchSettings, send: (items: readonly T[]) => void) {
    this.#clock = clock
    this.#limits = limits
    this.#send = send
  }

  add(item: T, bytes: number): void {
    this.#items.push(item)
    this.#bytes += bytes
    const { messages, bytes: most, withinMs } = this.#limits
    if (this.#items.length >= messages || this.#bytes >= most) this.flush()
    else this.#timer ??= this.#clock.setTimer(withinMs, () => this.flush())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#items = []
  }

  /** Sends what there is. */
  flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#items.length === 0) return
    const items = this.#items
    this.#items = []
    this.#bytes = 0
    this.#send(items)
  }
}
