const NOT_KEPT = 'the connection was lost, and the broker kept nothing for this subscription meanwhile'
const FORGOTTEN = 'the broker has lost the session, and with it what it kept for this subscription'

/** Knows from one connection to the next which subscriptions may have missed messages in between. */
export class Continuity {
  /** The subscriptions of earlier connections that have not been made again, and why messages may be missing. */
  readonly #before = new Map<string, string | undefined>()

  /** There is a connection. @param resumed whether the broker has kept the session */
  connected(resumed: boolean): void {
    if (resumed) return
    for (const [filter, reason] of this.#before) this.#before.set(filter, reason ?? FORGOTTEN)
  }

  /** The connection of a subscription has ended. @param kept whether the broker keeps messages for it */
  ended(filter: string, kept: boolean): void {
    this.#before.set(filter, kept ? undefined : NOT_KEPT)
  }

  /** A subscription has been made. @returns why messages may be missing since the connection before, if they may */
  resumed(filter: string): string | undefined {
    const reason = this.#before.get(filter)
    this.#before.delete(filter)
    return reason
  }
}
