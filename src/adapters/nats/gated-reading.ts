import type { Pausable } from '../../core/incoming-answers.js'
import type { Hold, ReadGate } from './client/read-gate.js'

/**
 * Pauses a connection through its gate. A pause ends when its longest duration is over, because the server closes a
 * connection that is not read; the answers that arrive then are read, and reading pauses again.
 */
export class GatedReading implements Pausable {
  readonly #gate: ReadGate
  #hold: Hold | undefined

  constructor(gate: ReadGate) {
    this.#gate = gate
  }

  pause(): void {
    if (this.#hold === undefined || this.#hold.spent) this.#hold = this.#gate.hold()
  }

  resume(): void {
    this.#hold?.release()
    this.#hold = undefined
  }
}
