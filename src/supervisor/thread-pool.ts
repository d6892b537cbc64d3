import type { ActorThreadHandle, Spawner } from './spawner.js'

/**
 * Hands out threads that have their code loaded already: prepared ones while the gateway starts, so that many
 * load at once though they start in order, and warm spares afterwards, so that a successor is there at once.
 */
export class ThreadPool {
  readonly #spawner: Spawner
  readonly #ready = new Map<string, ActorThreadHandle[]>()
  readonly #spares = new Map<string, number>()
  #state: 'open' | 'closed' = 'open'

  constructor(spawner: Spawner) {
    this.#spawner = spawner
  }

  /** Loads one thread more than there are, ahead of its use. */
  prepare(worker: URL): void {
    if (this.#state === 'closed') return
    const thread = this.#spawner.spawn(worker)
    const ready = this.#ready.get(worker.href) ?? []
    this.#ready.set(worker.href, [...ready, thread])
    thread.onExit(() => this.#lost(worker, thread))
  }

  /** Keeps `count` threads more of this kind loaded from now on. */
  keepWarm(worker: URL, count: number): void {
    this.#spares.set(worker.href, (this.#spares.get(worker.href) ?? 0) + count)
  }

  /** A thread, loaded or loading; it belongs to the caller. */
  take(worker: URL): ActorThreadHandle {
    const ready = this.#ready.get(worker.href) ?? []
    const [thread, ...rest] = ready
    if (thread === undefined) return this.#spawner.spawn(worker)
    this.#ready.set(worker.href, rest)
    return thread
  }

  /** Loads what is missing of the warm spares; called when a child has started, not while it is starting. */
  refill(worker: URL): void {
    const missing = (this.#spares.get(worker.href) ?? 0) - (this.#ready.get(worker.href)?.length ?? 0)
    for (let i = 0; i < missing; i++) this.prepare(worker)
  }

  /** Ends all threads that nobody took. */
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
