import { sharedController } from '../../core/abort.js'
import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import { sleep } from '../../core/clock.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { Connection } from './connection.js'

const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 30_000

/**
 * Connects to new addresses while the old connection stays in use. Retries with growing delays until it succeeds or
 * `stop` is called.
 */
export class Move {
  readonly #context: Pick<AdapterContext, 'clock' | 'log' | 'settings'>
  readonly #connect: (signal: AbortSignal) => Promise<Connection>
  readonly #replace: (connection: Connection) => boolean
  #attempt: AbortController | undefined

  /** @param replace replaces the old connection; returns false if the new one is not needed any more */
  constructor(
    context: Pick<AdapterContext, 'clock' | 'log' | 'settings'>,
    connect: (signal: AbortSignal) => Promise<Connection>,
    replace: (connection: Connection) => boolean,
  ) {
    this.#context = context
    this.#connect = connect
    this.#replace = replace
  }

  /** Starts connecting to the current addresses and aborts an earlier attempt. */
  begin(): void {
    this.stop()
    this.#attempt = sharedController()
    void this.#run(this.#attempt.signal)
  }

  stop(): void {
    this.#attempt?.abort(new ConnectionError('the attempt was cancelled'))
    this.#attempt = undefined
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log, settings } = this.#context
    for (let delay = FIRST_DELAY_MS; !signal.aborted; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) {
      const attempt = sharedController()
      const abort = () => attempt.abort(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      const timer = clock.setTimer(settings.timeoutMs, () =>
        attempt.abort(new ConnectionError(`no connection within ${settings.timeoutMs} ms`)),
      )
      try {
        const connection = await this.#connect(attempt.signal)
        if (signal.aborted || !this.#replace(connection)) await connection.close()
        return
      } catch (error) {
        if (signal.aborted) return
        const message = `cannot move to the new addresses: ${(error as Error).message}`
        log({ level: 'warn', message })
      } finally {
        timer.cancel()
        signal.removeEventListener('abort', abort)
      }
      await sleep(clock, delay, signal).catch(() => {})
    }
  }
}
