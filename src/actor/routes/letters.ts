import { renderTemplate } from '../../core/message-template.js'
import type { RouteSinkSettings } from '../../core/settings/route.js'
import type { Headers } from '../../core/value.js'
import type { RouteGauges } from '../../mailbox/route-gauges.js'
import type { Outbox } from '../outbox.js'
import { ownCopy } from '../own-copy.js'
import type { Outlet, OutletMessage } from './outlet.js'
import { envelopeOf, type Received } from './received.js'

export interface LetterDependencies {
  readonly route: string
  readonly sink: RouteSinkSettings | undefined
  readonly outlet: Outlet | undefined
  readonly outbox: Pick<Outbox, 'notice'>
  readonly gauges: RouteGauges
  readonly now: () => number
}

/**
 * The messages of a route that cannot be delivered. Writes them to the sink for dead letters, if there is one, and
 * reports them. The source is settled after that, so that no message is lost.
 */
export class Letters {
  readonly #parts: LetterDependencies

  constructor(parts: LetterDependencies) {
    this.#parts = parts
  }

  /** Takes over a message. The caller of a method only receives the error. */
  write(received: Received, error: Error, attempts: number): void {
    const { outlet, sink } = this.#parts
    const { source } = received
    if (received.params !== undefined) {
      this.#parts.gauges.count('deadLettered')
      return source?.refused(error)
    }
    if (outlet === undefined || sink === undefined) return this.#report(received, error, attempts)
    const headers = this.#headersOf(received, error, attempts)
    const rendered = renderTemplate(sink.target, envelopeOf(received, undefined, this.#parts.now()))
    if (!rendered.ok)
      return this.#report(received, new Error(`${error.message}; ${missing(rendered.path)}`), attempts)
    const { payload } = received
    const message: OutletMessage = {
      target: rendered.text,
      payload,
      value: undefined,
      extras: { headers },
      bytes: payload.byteLength,
      isKept: source?.isKept === true,
      accepted: () => this.#report(received, error, attempts),
      refused: (refusal) => {
        const reason = `${error.message}; its dead letter was refused: ${refusal.message}`
        this.#report(received, new Error(reason), attempts)
      },
      returned: () => source?.returned(),
    }
    outlet.add(message)
  }

  #report(received: Received, error: Error, attempts: number): void {
    const { gauges, outbox, route } = this.#parts
    const { topic, payload, headers } = received
    gauges.count('deadLettered')
    outbox.notice({
      kind: 'dead-letter',
      route,
      queue: topic,
      reason: error.message,
      attempts,
      bytes: ownCopy(payload),
      ...(headers !== undefined && { headers }),
    })
    received.source?.refused(error)
  }

  #headersOf({ topic, headers }: Received, error: Error, attempts: number): Headers {
    return {
      ...headers,
      'nemo-dead-letter-route': this.#parts.route,
      'nemo-dead-letter-queue': topic,
      'nemo-dead-letter-reason': error.message,
      'nemo-dead-letter-attempts': String(attempts),
    }
  }
}

/** Says that a template has no text for a message. */
export function missing(path: string): string {
  return `\${${path}} has no text, number or boolean in this message`
}
