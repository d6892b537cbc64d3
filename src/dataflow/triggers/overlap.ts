import { sharedController } from '../../core/abort.js'
import { Deque } from '../../core/deque.js'
import type { TriggerSettings } from '../../core/settings/trigger.js'
import type { FlowEvent } from '../events.js'

/** Limits how many runs of an action are in progress, and decides about the events beyond. */
export class Overlap {
  readonly #settings: Pick<TriggerSettings, 'concurrency' | 'overlap' | 'queueSize'>
  readonly #run: (event: FlowEvent, signal: AbortSignal) => Promise<void>
  readonly #dropped: () => void
  readonly #waiting = new Deque<FlowEvent>()
  /** The runs in progress, oldest first. */
  readonly #running = new Set<AbortController>()

  /**
   * @param run runs the action; never rejects
   * @param dropped called for each event without a run
   */
  constructor(
    settings: Pick<TriggerSettings, 'concurrency' | 'overlap' | 'queueSize'>,
    run: (event: FlowEvent, signal: AbortSignal) => Promise<void>,
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
    return this.#waiting.size
  }

  offer(event: FlowEvent): void {
    const { concurrency, overlap, queueSize } = this.#settings
    if (this.#running.size < concurrency) return this.#start(event)
    if (overlap === 'skip') return this.#dropped()
    if (overlap === 'restart') {
      // The event starts when the cancelled run has ended, so that there are never more than `concurrency`.
      this.#oldest()?.abort()
      for (let left = this.#waiting.size; left >= concurrency; left--) this.#drop()
    } else if (this.#waiting.size >= queueSize) this.#drop()
    this.#waiting.push(event)
  }

  /** Drops the events that wait. Runs in progress go on. */
  stop(): void {
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

  #start(event: FlowEvent): void {
    const controller = sharedController()
    this.#running.add(controller)
    void this.#run(event, controller.signal).then(() => {
      this.#running.delete(controller)
      const next = this.#waiting.shift()
      if (next !== undefined) this.#start(next)
    })
  }
}
