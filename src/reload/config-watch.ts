import type { Clock, Timer } from '../core/clock.js'
import { EMPTY, MISSING, stateOf } from '../watch/file-state.js'
import { FileWatch } from '../watch/file-watch.js'
import type { ReadFiles } from '../watch/read-files.js'

/** How long the files must be left alone: longer than between two looks, so that a file is not read half-written. */
const SETTLE_MS = 300
/** How long a file may be missing or empty while it is replaced. */
const REPLACED_WITHIN_MS = 2_000
/** When files are compared again after they were read: a watch that has just begun may miss a change. */
const COMPARE_AGAIN_MS = 1_000

export interface ConfigWatchDependencies {
  readonly clock: Clock
  /** The files that were read last. */
  readonly files: Pick<ReadFiles, 'states'>
  /** Whether the configuration that was read last runs. */
  isRunning(): boolean
  /** Called when the files have changed since they were read. */
  changed(): void
}

/** Watches the files of the configuration that was read last. */
export class ConfigWatch {
  readonly #parts: ConfigWatchDependencies
  readonly #watch: FileWatch
  /** The state of each file when it was read. */
  #states: ReadonlyMap<string, string> = new Map()
  #comparing: Timer | undefined
  /** Set while a file is missing or empty. */
  #grace: Timer | undefined
  #isClosed = false

  constructor(parts: ConfigWatchDependencies) {
    this.#parts = parts
    this.#watch = new FileWatch(parts.clock, () => void this.#settled(), SETTLE_MS)
  }

  /** Watches the files that have been read now. */
  refresh(): void {
    if (this.#isClosed) return
    this.#states = this.#parts.files.states(this.#parts.isRunning())
    this.#watch.set(new Set(this.#states.keys()))
    this.#comparing?.cancel()
    void this.#compare()
    const again = () => void this.#compare()
    this.#comparing = this.#parts.clock.setTimer(COMPARE_AGAIN_MS, again, { background: true })
  }

  close(): void {
    this.#isClosed = true
    this.#comparing?.cancel()
    this.#grace?.cancel()
    this.#watch.close()
  }

  /** Notices changes since the files were read. Never rejects. */
  async #compare(): Promise<void> {
    if ((await this.#changes()).length > 0) this.#watch.note()
  }

  /** Never rejects. */
  async #settled(): Promise<void> {
    const changes = await this.#changes()
    this.#grace?.cancel()
    if (this.#isClosed || changes.length === 0) return
    const { clock, changed } = this.#parts
    if (changes.includes(MISSING) || changes.includes(EMPTY))
      this.#grace = clock.setTimer(REPLACED_WITHIN_MS, changed, { background: true })
    else changed()
  }

  /** The states of the files that are not as they were read. */
  async #changes(): Promise<readonly string[]> {
    const states = await Promise.all(
      [...this.#states].map(async ([path, read]) => ({ read, now: await stateOf(path) })),
    )
    return states.filter(({ read, now }) => read !== now).map(({ now }) => now)
  }
}
