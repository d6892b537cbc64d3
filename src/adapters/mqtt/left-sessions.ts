interface Left {
  readonly queue: string
  readonly done: () => void
  readonly ended: Promise<void>
}

/**
 * Sessions that replaced connections of the integration have left with the broker, with messages of queues. A broker gives
 * them to nobody else.
 */
export class LeftSessions {
  readonly #byClientId = new Map<string, Left>()

  /** Adds a session. Resolves when `done` has been called for it. */
  add(clientId: string, queue: string): Promise<void> {
    const known = this.#byClientId.get(clientId)
    if (known !== undefined) return known.ended
    let done = () => {}
    const ended = new Promise<void>((resolve) => {
      done = resolve
    })
    this.#byClientId.set(clientId, { queue, done, ended })
    return ended
  }

  /** The client ids of the sessions with messages of a queue. */
  of(queue: string): readonly string[] {
    return [...this.#byClientId].filter(([, left]) => left.queue === queue).map(([clientId]) => clientId)
  }

  /** All sessions. */
  get all(): readonly { readonly clientId: string; readonly queue: string }[] {
    return [...this.#byClientId].map(([clientId, { queue }]) => ({ clientId, queue }))
  }

  /** Forgets a session that is empty. */
  done(clientId: string): void {
    this.#byClientId.get(clientId)?.done()
    this.#byClientId.delete(clientId)
  }
}
