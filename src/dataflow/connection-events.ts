import type { GatewayReport } from '../core/events.js'
import type { FlowEvents } from './events.js'
import { NO_HOPS } from './hops.js'

type State = 'connected' | 'disconnected' | 'failed'

/** Makes the events of integrations and breakers from what the gateway reports. */
export class ConnectionEvents {
  readonly #events: FlowEvents
  readonly #now: () => number
  readonly #states = new Map<string, State>()

  constructor(events: FlowEvents, now: () => number) {
    this.#events = events
    this.#now = now
  }

  /** Takes a report. @returns the integration that is connected now, if it was not */
  observe(report: GatewayReport): string | undefined {
    switch (report.kind) {
      case 'connection:changed': {
        const { integration, state, reason } = report
        if (state === 'connected')
          return this.#changed(integration, 'connected', reason) ? integration : undefined
        if (state === 'failed') this.#changed(integration, 'failed', reason)
        // An integration that was never connected cannot be disconnected.
        else if (this.#states.get(integration) === 'connected')
          this.#changed(integration, 'disconnected', reason)
        return undefined
      }
      case 'actor:crashed':
        if (this.#states.get(report.integration) === 'connected')
          this.#changed(report.integration, 'disconnected', report.reason)
        return undefined
      case 'actor:failed':
        this.#changed(report.integration, 'failed', report.reason)
        return undefined
      case 'breaker:changed':
        if (report.state !== 'half-open') this.#breaker(report.integration, report.state)
        return undefined
      default:
        return undefined
    }
  }

  /** @returns whether the state is new */
  #changed(integration: string, state: State, reason: string | undefined): boolean {
    if (this.#states.get(integration) === state) return false
    this.#states.set(integration, state)
    const trigger = { integration, state, reason: reason ?? null, timestamp: this.#now() }
    this.#events.emit({ kind: 'integration', name: integration, state }, trigger, NO_HOPS)
    return true
  }

  #breaker(integration: string, state: 'open' | 'closed'): void {
    const word = state === 'open' ? 'opened' : 'closed'
    const trigger = { integration, state: word, reason: null, timestamp: this.#now() }
    this.#events.emit({ kind: 'breaker', name: integration, state: word }, trigger, NO_HOPS)
  }
}
