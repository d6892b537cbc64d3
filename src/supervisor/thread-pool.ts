import type { ActorThreadHandle, Spawner } from './spawner.js'

/**
 * Keeps threads whose code is already loaded. Prepared threads let a gateway load many at once although it starts them
 * in order; warm spares make a restart fast.
 */
export class ThreadPool {
  readonly #spawner: Spawner
  readonly #ready = new Map<string, ActorThreadHandle[]>()
  readonly #spares = new Map<string, number>()
  #state: 'open' | 'closed' = 'open'

  constructor(spawner: Spawner) {
    this.#spawner = spawner
  }

  /** Loads one more thread before it is needed. */
  prepare(worker: URL): void {
    if (this.#state === 'closed') return
    const thread = this.#spawner.spawn(worker)
    const ready = this.#ready.get(worker.href) ?? []
    this.#ready.set(worker.href, [...ready, thread])
    thread.onExit(() => this.#lost(worker, thread))
  }

  /** Raises the number of spare threads for this worker by `count`. */
  keepWarm(worker: URL, count: number): void {
    this.#spares.set(worker.href, (this.#spares.get(worker.href) ?? 0) + count)
  }

  /** Returns a thread, loaded or loading, which the caller then owns. */
  take(worker: URL): ActorThreadHandle {
    const ready = this.#ready.get(worker.href) ?? []
    const [thread, ...rest] = ready
    if (thread === undefined) return this.#spawner.spawn(worker)
    this.#ready.set(worker.href, rest)
    return thread
  }

  /** Loads missing spare threads. Called after a child has started, so that it does not compete for a core. */
  refill(worker: URL): void {
    const missing = (this.#spares.get(worker.href) ?? 0) - (this.#ready.get(worker.href)?.length ?? 0)
    for (let i = 0; i < missing; i++) this.prepare(worker)
  }

  /** Ends all threads that have not been taken. */
  close(): void {
    this.#state = 'closed'
    const threads = [...this.#ready.values()].flat()
    this.#ready.clear()
    for (const thread of threads) {
      thread.terminate()
      thread.unref()
    }
  }

  #lost(worker: URL, thread: ActorThreadHandle): void {
    const ready = this.#ready.get(worker.href)
    if (ready?.includes(thread))
      this.#ready.set(
        worker.href,
        ready.filter((other) => other !== thread),
      )
  }
}
