import type { IntegrationError } from '../../../core/errors/integration-error.js'

interface Ping {
  /** The subscriptions sent before this PING and after the previous one. Its answer confirms them. */
  readonly confirms: readonly number[]
  readonly resolve: () => void
  readonly reject: (error: IntegrationError) => void
}

/**
 * The PINGs without an answer. A server answers in the order in which it reads, so an answer confirms everything sent
 * before its PING.
 */
export class Pings {
  readonly #open: Ping[] = []
  /** The subscriptions sent after the latest PING. */
  #latest: number[] = []

  subscribed(sid: number): void {
    this.#latest.push(sid)
  }

  /** Records a PING. @returns settles with its answer */
  sent(): Promise<void> {
    const confirms = this.#latest
    this.#latest = []
    return new Promise((resolve, reject) => this.#open.push({ confirms, resolve, reject }))
  }

  answered(): void {
    this.#open.shift()?.resolve()
  }

  /** The subscriptions that the next answer confirms. */
  get unconfirmed(): readonly number[] {
    return this.#open[0]?.confirms ?? this.#latest
  }

  close(error: IntegrationError): void {
    for (const { reject } of this.#open.splice(0)) reject(error)
  }
}
