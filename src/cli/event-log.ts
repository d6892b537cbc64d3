import type { LogRecord } from '../core/telemetry.js'
import { describeRecord } from './describe-record.js'

/** An event with its description. */
export interface ViewEvent {
  /** Time of the event in epoch milliseconds. */
  readonly at: number
  readonly integration: string
  readonly text: string
  readonly level: LogRecord['level']
}

const KEPT = 200

/** Keeps the newest events. A crash and the restart after it become one event. */
export class EventLog {
  readonly #events: ViewEvent[] = []

  /** Adds a record. Debug records are ignored. */
  add(record: LogRecord, at: number): void {
    if (record.level === 'debug') return
    const integration = record.integration ?? 'gateway'
    if (this.#isRedundant(record, integration)) return
    if (record.message === 'actor:restarted' && this.#completeCrash(integration, at)) return
    this.#events.push({ at, integration, text: describeRecord(record), level: record.level })
    if (this.#events.length > KEPT) this.#events.shift()
  }

  /** Returns the last events, oldest first. */
  last(count: number): readonly ViewEvent[] {
    return count <= 0 ? [] : this.#events.slice(-count)
  }

  /** Returns the last event of an integration; `undefined` if there is none. */
  lastOf(integration: string): ViewEvent | undefined {
    return this.#events.findLast((event) => event.integration === integration)
  }

  /**
   * Tells whether a record is redundant: `connecting` always precedes another state, and `connected` follows a
   * start or restart.
   */
  #isRedundant(record: LogRecord, integration: string): boolean {
    if (record.message !== 'connection:changed') return false
    if (record.state === 'connecting') return true
    if (record.listening !== undefined) return false
    return record.state === 'connected' && /^(?:started|crashed)/u.test(this.lastOf(integration)?.text ?? '')
  }

  #completeCrash(integration: string, at: number): boolean {
    const index = this.#events.findLastIndex(
      (event) => event.integration === integration && event.text.startsWith('crashed'),
    )
    const crash = this.#events[index]
    if (crash === undefined || crash.text.includes(RESTARTED)) return false
    const text = `${crash.text.replace(/; restarts .*$/u, '')}; ${RESTARTED}${Math.round(at - crash.at)} ms`
    this.#events[index] = { ...crash, text }
    return true
  }
}

const RESTARTED = 'restarted in '
