const NOT_KEPT =
  'messages published while disconnected are lost: the broker did not keep them for this subscription'
const FORGOTTEN =
  'messages published while disconnected are lost: the broker has lost the session that kept them'

/** Tracks across connections which subscriptions may have missed messages. */
export class Continuity {
  /** Subscriptions of earlier connections that are not restored yet, with the reason if messages may be missing. */
  readonly #before = new Map<string, string | undefined>()

  /** Records a new connection. @param resumed whether the broker has kept the session */
  connected(resumed: boolean): void {
    if (resumed) return
    for (const [filter, reason] of this.#before) this.#before.set(filter, reason ?? FORGOTTEN)
  }

  /** Records that the connection of a subscription has ended. @param kept whether the broker keeps messages for it */
  ended(filter: string, kept: boolean): void {
    this.#before.set(filter, kept ? undefined : NOT_KEPT)
  }

  /**
   * Records that a subscription is restored. @returns why messages may be missing since the last connection, if they
   * may
   */
  resumed(filter: string): string | undefined {
    const reason = this.#before.get(filter)
    this.#before.delete(filter)
    return reason
  }
}
