import type { AdapterContext } from '../../core/adapter.js'
import { sleep } from '../../core/clock.js'
import { ConnectionError } from '../../core/errors.js'
import type { Connection } from './connection.js'

const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 30_000

/** Makes a connection to other addresses while the one before is in use. Tries until that succeeds or `stop`. */
export class Move {
  readonly #context: Pick<AdapterContext, 'clock' | 'log' | 'settings'>
  readonly #connect: (signal: AbortSignal) => Promise<Connection>
  readonly #replace: (connection: Connection) => boolean
  #underWay: AbortController | undefined

  /** @param replace puts the new connection in the place of the one before. @returns false when it is not wanted */
  constructor(
    context: Pick<AdapterContext, 'clock' | 'log' | 'settings'>,
    connect: (signal: AbortSignal) => Promise<Connection>,
    replace: (connection: Connection) => boolean,
  ) {
    this.#context = context
    this.#connect = connect
    this.#replace = replace
  }

  /** Begins to move to the addresses of this moment; a move to earlier ones ends. */
  begin(): void {
    this.stop()
    this.#underWay = new AbortController()
    void this.#run(this.#underWay.signal)
  }

  stop(): void {
    this.#underWay?.abort(new ConnectionError('the attempt was given up'))
    this.#underWay = undefined
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log, settings } = this.#context
    for (let delay = FIRST_DELAY_MS; !signal.aborted; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) {
      const attempt = new AbortController()
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
