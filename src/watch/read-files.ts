import { resolve } from 'node:path'
import { stateNow } from './file-state.js'

/** The files that a configuration refers to, each with its state before it was read. */
export class ReadFiles {
  #found = new Map<string, Found>()

  /** Forgets the files, before the configuration is read again. */
  begin(): void {
    this.#found = new Map()
  }

  /**
   * Adds a file that is about to be read.
   * @param isReread whether the running gateway reads it again by itself
   */
  readonly note = (path: string, isReread = false): void => {
    const full = resolve(path)
    const found = this.#found.get(full)
    if (found === undefined) this.#found.set(full, { state: stateNow(full), isReread })
    else if (!isReread) this.#found.set(full, { ...found, isReread })
  }

  /**
   * The files whose changes matter, with their states.
   * @param isRunning whether the configuration that was read runs, so that files are read again by themselves
   */
  states(isRunning: boolean): ReadonlyMap<string, string> {
    const wanted = [...this.#found].filter(([, { isReread }]) => !isReread || !isRunning)
    return new Map(wanted.map(([path, { state }]) => [path, state]))
  }
}

interface Found {
  readonly state: string
  readonly isReread: boolean
}
