import type { Clock } from '../core/clock.js'
import type { Diagnostic } from '../core/diagnostic.js'
import type { LogRecord } from '../core/telemetry.js'
import { describeRecord } from './describe-record.js'
import { EventLog } from './event-log.js'
import { timeOfDay } from './frame.js'
import { LiveView } from './live-view.js'
import { reportDiagnostics } from './report.js'
import type { Terminal } from './terminal.js'
import type { ViewSource } from './view-source.js'

/** Shows the activity of a running gateway. */
export interface Output {
  /** Shows a log record. May be called before `begin`. */
  record(record: LogRecord): void
  /** Shows the faults for which a reload was refused; the record of its event precedes it. */
  refused(faults: readonly Diagnostic[]): void
  /** Called when the gateway runs. */
  begin(source: ViewSource): void
  /** Called when the shutdown begins. */
  ending(): void
  /** Called when everything has stopped. */
  end(): void
  /** Called when the process ends at once. */
  abandon(): void
}

/** Makes the output for a person: a table redrawn in place. */
export function liveOutput(title: string, terminal: Terminal, clock: Clock): Output {
  const log = new EventLog()
  let view: LiveView | undefined
  return {
    record: (record) => log.add(record, clock.now()),
    // The event names the places; the view is redrawn in place.
    refused: () => {},
    begin: (source) => {
      view = new LiveView(`${title}   Ctrl-C stops`, source, log, terminal, clock)
    },
    ending: () => view?.retitle(`${title}   stopping; Ctrl-C again ends at once`),
    end: () => view?.close(),
    abandon: () => view?.restore(),
  }
}

/** Makes the output for a log: one line per event. */
export function lineOutput(terminal: Terminal, clock: Clock): Output {
  const say = (text: string) => terminal.out(`${timeOfDay(clock.now())} ${text}\n`)
  return {
    record: (record) => {
      if (record.level !== 'debug')
        say(`${record.level.padEnd(5)} ${record.integration ?? 'gateway'} ${describeRecord(record)}`)
    },
    refused: (faults) => reportDiagnostics(faults, terminal),
    begin: (source) =>
      say(
        `info  gateway running: ${source
          .rows()
          .map(({ name }) => name)
          .join(', ')}`,
      ),
    ending: () => say('info  gateway stopping'),
    end: () => say('info  gateway stopped'),
    abandon: () => {},
  }
}

/** Makes the output for a program: one JSON object per event. */
export function jsonOutput(terminal: Terminal, clock: Clock): Output {
  const write = (record: object) =>
    terminal.out(`${JSON.stringify({ time: new Date(clock.now()).toISOString(), ...record })}\n`)
  const say = (message: string) => write({ level: 'info', message })
  return {
    record: write,
    refused: (diagnostics) => {
      if (diagnostics.length > 0) write({ level: 'error', message: 'config:diagnostics', diagnostics })
    },
    begin: () => say('gateway:running'),
    ending: () => say('gateway:stopping'),
    end: () => say('gateway:stopped'),
    abandon: () => {},
  }
}
