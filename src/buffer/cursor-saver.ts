import type { Timer } from '../core/clock.js'
import { CURSOR, saveCursor } from './cursor-file.js'
import type { LogState } from './log-state.js'

/** Delay after which a moved cursor is saved, in milliseconds. */
const DELAY_MS = 100
/** … or after so many messages: a crash delivers no more accepted messages again, beside those of one save. */
const UNSAVED_MESSAGES = 4_096
const RETRY_MS = 1_000

/** Saves the cursor while messages are accepted, one write at a time. */
export class CursorSaver {
  readonly #state: LogState
  #saved: number
  #timer: Timer | undefined
  #saving: Promise<void> | undefined
  #isClosed = false

  constructor(state: LogState) {
    this.#state = state
    this.#saved = state.acceptance.cursor
  }

  /** Called when the cursor may have moved. Never throws. */
  moved(): void {
    const unsaved = this.#state.acceptance.cursor - this.#saved
    if (unsaved === 0 || this.#isClosed || this.#saving !== undefined) return
    if (unsaved >= UNSAVED_MESSAGES) this.#saveNow()
    else this.#saveAfter(DELAY_MS)
  }

  /** Saves the cursor now. Resolves when that was tried; never rejects. */
  async flush(): Promise<void> {
    while (this.#saving !== undefined) await this.#saving
    if (this.#saved === this.#state.acceptance.cursor) return
    this.#saveNow()
    await this.#saving
  }

  /** Saves the cursor for the last time. Never throws. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#saving
    await this.#save()
  }

  #saveAfter(ms: number): void {
    this.#timer ??= this.#state.clock.setTimer(ms, () => this.#saveNow(), { background: true })
  }

  #saveNow(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#saving !== undefined || this.#isClosed) return
    this.#saving = this.#save().then((isSaved) => {
      this.#saving = undefined
      if (isSaved) this.moved()
      else if (!this.#isClosed) this.#saveAfter(RETRY_MS)
    })
  }

  async #save(): Promise<boolean> {
    const { files, folder, acceptance, next, report } = this.#state
    const { cursor } = acceptance
    try {
      await saveCursor(files, folder, { cursor, stored: next - 1 })
      this.#saved = cursor
      return true
    } catch (error) {
      const reason = `cannot write the cursor: ${(error as Error).message}`
      report({ kind: 'io', file: CURSOR, messages: 0, reason })
      return false
    }
  }
}
