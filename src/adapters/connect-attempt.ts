import { sharedController, sharedSignal } from '../core/abort.js'
import { ConnectionError } from '../core/errors/connection.js'

/** The `connect` of an adapter that is in flight, which `disconnect` interrupts. */
export class ConnectAttempt {
  #abort: AbortController | undefined

  /**
   * Runs one attempt.
   * @param connect receives a signal that aborts with `signal`, and when the attempt is interrupted
   * @param close closes a connection that was made although the attempt was interrupted
   * @throws what `connect` throws; ConnectionError if the attempt was interrupted
   */
  async run<C>(
    signal: AbortSignal,
    connect: (signal: AbortSignal) => Promise<C>,
    close: (made: C) => Promise<void> | void,
  ): Promise<C> {
    const abort = sharedController()
    this.#abort = abort
    const made = await connect(sharedSignal([signal, abort.signal]))
    if (!abort.signal.aborted) return made
    await close(made)
    throw interrupted()
  }

  /** Aborts the attempt in flight, if there is one. */
  interrupt(): void {
    this.#abort?.abort(interrupted())
  }
}

function interrupted(): ConnectionError {
  return new ConnectionError('disconnected while connecting')
}
