import { sharedController } from '../../core/abort.js'
import { Deque } from '../../core/deque.js'
import type { TriggerSettings } from '../../core/settings/trigger.js'
import type { Accepted } from './accepted.js'

type Settings = Pick<TriggerSettings, 'concurrency' | 'overlap' | 'queueSize'>

/** Limits how many runs of an action are in progress, and decides about the events beyond. */
export class Overlap {
  #settings: Settings
  readonly #run: (event: Accepted, signal: AbortSignal) => Promise<void>
  readonly #dropped: () => void
  /** Events that waited in a queue when the settings changed. They start before others, and none of them is dropped. */
  readonly #earlier = new Deque<Accepted>()
  readonly #waiting = new Deque<Accepted>()
  /** The runs in progress, oldest first. */
  readonly #running = new Set<AbortController>()

  /**
   * @param run runs the action; never rejects
   * @param dropped called for each event without a run
   */
  constructor(
    settings: Settings,
    run: (event: Accepted, signal: AbortSignal) => Promise<void>,
    dropped: () => void,
  ) {
    this.#settings = settings
    this.#run = run
    this.#dropped = dropped
  }

  get running(): number {
    return this.#running.size
  }

  get waiting(): number {
    return this.#earlier.size + this.#waiting.size
  }

  offer(event: Accepted): void {
    const { concurrency, overlap, queueSize } = this.#settings
    if (this.#running.size < concurrency) return this.#start(event)
    if (overlap === 'skip') return this.#dropped()
    if (overlap === 'restart') {
      // The event starts when the cancelled run has ended, so that there are never more than `concurrency`.
      if (this.#earlier.size === 0) this.#oldest()?.abort()
      for (let left = this.#waiting.size; left >= concurrency; left--) this.#drop()
    } else if (this.#waiting.size >= queueSize) this.#drop()
    this.#waiting.push(event)
  }

  /** Takes other settings. */
  change(settings: Settings): void {
    if (this.#settings.overlap === 'queue')
      while (this.#waiting.size > 0) this.#earlier.push(this.#waiting.shift()!)
    this.#settings = settings
    this.#startWaiting()
  }

  /** Drops the events that wait. Runs in progress go on. */
  stop(): void {
    for (; this.#earlier.size > 0; this.#earlier.shift()) this.#dropped()
    while (this.#waiting.size > 0) this.#drop()
  }

  #oldest(): AbortController | undefined {
    for (const each of this.#running) if (!each.signal.aborted) return each
    return undefined
  }

  #drop(): void {
    this.#waiting.shift()
    this.#dropped()
  }

  #startWaiting(): void {
    while (this.waiting > 0 && this.#running.size < this.#settings.concurrency)
      this.#start((this.#earlier.shift() ?? this.#waiting.shift())!)
  }

  #start(event: Accepted): void {
    const controller = sharedController()
    this.#running.add(controller)
    void this.#run(event, controller.signal).then(() => {
      this.#running.delete(controller)
      this.#startWaiting()
    })
  }
}
