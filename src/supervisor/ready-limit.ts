import { sharedController } from '../core/abort.js'
import { type Clock, sleep } from '../core/clock.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import { TimeoutError } from '../core/errors/operation.js'
import type { ActorPlan } from './actor-plan.js'
import type { NewLife } from './new-life.js'

/** How often the state of a successor is read, in milliseconds. Reading shared memory costs no message. */
const LOOK_EVERY_MS = 5

/** Limits how long a new life may take until it is ready. */
export class ReadyLimit {
  readonly #clock: Clock
  readonly #life: Pick<NewLife, 'life' | 'death'>
  readonly #over = sharedController()
  readonly #failed: Promise<never>
  /** What is awaited, for the time-out. */
  #step = 'start'

  constructor(
    { settings, supervision }: ActorPlan,
    life: Pick<NewLife, 'life' | 'death'>,
    { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  ) {
    this.#clock = clock
    this.#life = life
    const integration = settings.name
    const { readyTimeoutMs: afterMs } = supervision
    this.#failed = new Promise((_, reject) => {
      sleep(clock, afterMs, this.#over.signal).then(
        () => reject(new TimeoutError(this.#step, { integration, afterMs })),
        () => {},
      )
      const stopped = () => reject(new ShutdownError({ integration }))
      if (signal.aborted) stopped()
      signal.addEventListener('abort', stopped, { once: true, signal: this.#over.signal })
      life.death.then((reason) => reject(new Error(`it died: ${reason}`)))
    })
    this.#failed.catch(() => {})
  }

  /** @throws what `work` throws, or why the life is not ready */
  within<T>(step: string, work: Promise<T>): Promise<T> {
    this.#step = step
    work.catch(() => {})
    return Promise.race([work, this.#failed])
  }

  /** Resolves when it is connected. @throws why it cannot connect, at once if another attempt would not help */
  async connected(fault: () => Error | undefined): Promise<void> {
    const { gauges } = this.#life.life
    const explained = async () => {
      while (gauges.connection !== 'connected') {
        const why = fault()
        const isPermanent = (why as { readonly retryable?: boolean } | undefined)?.retryable === false
        if (why !== undefined && (isPermanent || gauges.connection === 'failed')) throw why
        await this.within('connect', sleep(this.#clock, LOOK_EVERY_MS, this.#over.signal))
      }
    }
    try {
      await explained()
    } catch (error) {
      throw error instanceof TimeoutError ? (fault() ?? error) : error
    }
  }

  end(): void {
    this.#over.abort()
  }
}
