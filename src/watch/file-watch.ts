import { type StatsListener, unwatchFile, watchFile } from 'node:fs'
import type { Clock, Timer } from '../core/clock.js'

/** How often the files are looked at. */
const LOOK_EVERY_MS = 200
/** Changes in quick succession count as one: an editor writes several files, and some twice. */
const SETTLE_MS = 50

/**
 * Watches files, also missing ones, and folders. Looks at their state, because events of the file system miss a replaced
 * symbolic link, a file renamed over another, and volumes of containers.
 */
export class FileWatch {
  readonly #clock: Clock
  readonly #changed: () => void
  readonly #settleMs: number
  readonly #watched = new Map<string, StatsListener>()
  #timer: Timer | undefined
  #isClosed = false

  /**
   * @param changed called when files have changed
   * @param settleMs how long nothing may change before that is called
   */
  constructor(clock: Clock, changed: () => void, settleMs = SETTLE_MS) {
    this.#clock = clock
    this.#changed = changed
    this.#settleMs = settleMs
  }

  /** Watches these files and no others. */
  set(paths: ReadonlySet<string>): void {
    if (this.#isClosed) return
    for (const path of this.#watched.keys()) if (!paths.has(path)) this.#forget(path)
    for (const path of paths) {
      if (this.#watched.has(path)) continue
      const listener: StatsListener = () => this.note()
      this.#watched.set(path, listener)
      watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, listener)
    }
  }

  /** Acts as if a file had changed. */
  note(): void {
    if (this.#isClosed) return
    this.#timer?.cancel()
    this.#timer = this.#clock.setTimer(this.#settleMs, this.#changed, { background: true })
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    for (const path of [...this.#watched.keys()]) this.#forget(path)
  }

  #forget(path: string): void {
    unwatchFile(path, this.#watched.get(path))
    this.#watched.delete(path)
  }
}
