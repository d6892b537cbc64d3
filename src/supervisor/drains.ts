import type { LeftSession } from '../core/adapter/protocol-adapter.js'
import { ActorCrashedError } from '../core/errors/lifecycle.js'
import type { ActorControl } from '../mailbox/thread-messages.js'
import type { Life } from './life.js'

type ActorLife = Life<ActorControl>

/** How much longer than its drain an actor may take that ends what it has at its broker, in milliseconds. */
export const LEAST_STOP_MS = 4_000

/** Lives that have been replaced and settle what they have, and what they leave at the broker. */
export class Drains {
  readonly #integration: string
  /** The lives with their client ids. */
  readonly #lives = new Map<ActorLife, string>()
  /** What replaced lives have left at the broker, and no later life has taken over yet. */
  readonly #left = new Map<string, LeftSession>()

  constructor(integration: string) {
    this.#integration = integration
  }

  get lives(): readonly ActorLife[] {
    return [...this.#lives.keys()]
  }

  add(life: ActorLife, clientId: string): void {
    this.#lives.set(life, clientId)
  }

  /** Records that a life with that client id has died, and that later lives have another one. */
  died(clientId: string): void {
    this.#leave({ clientId })
  }

  /**
   * Stops a life when it has settled what it has, or after `ms`. Never rejects.
   * @param endsSessions whether to end the sessions that the broker keeps, because no later life resumes them
   * @returns false if it was not among them
   */
  async drain(life: ActorLife, ms: number, endsSessions = false): Promise<boolean> {
    const reason = new ActorCrashedError('it was replaced', true, { integration: this.#integration })
    let left: readonly LeftSession[] | undefined
    // An actor whose time is over has been told so, and ends by itself.
    const ask: Parameters<ActorLife['stop']>[1] = async (control) => {
      left = await control.stop(ms, { isReplaced: true, endsSessions })
    }
    await life.stop(ms + LEAST_STOP_MS, ask, reason)
    const clientId = this.#lives.get(life)
    if (clientId === undefined) return false
    this.#lives.delete(life)
    for (const each of left ?? [{ clientId }]) this.#leave(each)
    return true
  }

  /** Lets a life take over what earlier ones have left. */
  adopt(life: ActorLife | undefined): void {
    if (life?.isRunning !== true) return
    for (const [key, left] of this.#left)
      life.control.adopt(left).then(
        () => this.#left.delete(key),
        () => {},
      )
  }

  /** Forgets what was left, because later lives have another broker. */
  forget(): void {
    this.#left.clear()
  }

  #leave(left: LeftSession): void {
    this.#left.set(JSON.stringify([left.clientId, left.queue]), left)
  }

  /** Ends all at once, because the gateway shuts down. Never rejects. */
  async stop(): Promise<void> {
    await Promise.all(this.lives.map((life) => life.stop(0, async () => {})))
  }
}
