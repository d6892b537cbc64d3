import type { Clock } from '../core/clock.js'
import type { LogRecord } from '../core/telemetry.js'
import { describeRecord } from './describe-record.js'
import { EventLog } from './event-log.js'
import { timeOfDay } from './frame.js'
import { LiveView } from './live-view.js'
import type { Terminal } from './terminal.js'
import type { ViewSource } from './view-source.js'

/** Shows what a running gateway does. */
export interface Output {
  /** Takes a record of the log; before `begin`, too. */
  record(record: LogRecord): void
  /** The gateway runs. */
  begin(source: ViewSource): void
  /** It is being shut down. */
  ending(): void
  /** Everything has stopped. */
  end(): void
  /** The process ends at once. */
  abandon(): void
}

/** Redrawn in place, for a person. */
export function liveOutput(title: string, terminal: Terminal, clock: Clock): Output {
  const log = new EventLog()
  let view: LiveView | undefined
  return {
    record: (record) => log.add(record, clock.now()),
    begin: (source) => {
      view = new LiveView(`${title}   Ctrl-C stops`, source, log, terminal, clock)
    },
    ending: () => view?.retitle(`${title}   stopping; Ctrl-C again ends at once`),
    end: () => view?.close(),
    abandon: () => view?.restore(),
  }
}

/** A line for each event, for a log. */
export function lineOutput(terminal: Terminal, clock: Clock): Output {
  const say = (text: string) => terminal.out(`${timeOfDay(clock.now())} ${text}\n`)
  return {
    record: (record) => {
      if (record.level !== 'debug')
        say(`${record.level.padEnd(5)} ${record.integration ?? 'gateway'} ${describeRecord(record)}`)
    },
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

/** A JSON object for each event, for a program. */
export function jsonOutput(terminal: Terminal, clock: Clock): Output {
  const write = (record: object) =>
    terminal.out(`${JSON.stringify({ time: new Date(clock.now()).toISOString(), ...record })}\n`)
  const say = (message: string) => write({ level: 'info', message })
  return {
    record: write,
    begin: () => say('gateway:running'),
    ending: () => say('gateway:stopping'),
    end: () => say('gateway:stopped'),
    abandon: () => {},
  }
}
