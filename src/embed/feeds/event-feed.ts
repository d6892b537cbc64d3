import type { GatewayPort } from '../gateway-port.js'
import { MOST_EVENTS_WAITING } from '../protocol.js'
import type { SessionPort } from '../session-port.js'

type Listened = Parameters<GatewayPort['on']>[0]

/** Sends events to the client. A client that does not read loses the oldest that wait, and learns how many. */
export class EventFeed {
  readonly #gateway: Pick<GatewayPort, 'on'>
  readonly #session: Pick<SessionPort, 'send' | 'ready'>
  readonly #waiting: object[] = []
  #removers: (() => void)[] = []
  #dropped = 0
  #isSending = false

  constructor(gateway: Pick<GatewayPort, 'on'>, session: Pick<SessionPort, 'send' | 'ready'>) {
    this.#gateway = gateway
    this.#session = session
  }

  /** Sends the events of these names, and no others. */
  listen(names: readonly Listened[]): void {
    for (const remove of this.#removers) remove()
    this.#removers = names.map((event) =>
      this.#gateway.on(event, (values: object) => this.#push({ event, ...values })),
    )
  }

  #push(event: object): void {
    if (this.#waiting.push(event) > MOST_EVENTS_WAITING) {
      this.#waiting.shift()
      this.#dropped++
    }
    if (!this.#isSending) void this.#send()
  }

  async #send(): Promise<void> {
    this.#isSending = true
    while (this.#waiting.length > 0) {
      const ready = this.#session.ready()
      if (ready !== undefined) await ready
      else {
        const dropped = this.#dropped
        this.#dropped = 0
        this.#session.send('event', { ...this.#waiting.shift(), ...(dropped > 0 && { dropped }) })
      }
    }
    this.#isSending = false
  }
}
