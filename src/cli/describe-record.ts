import { EVENTS, type EventName, type EventValues } from '../core/events.js'
import type { LogRecord } from '../core/telemetry.js'

/** Each event in words, without the name of its integration. */
const WORDS: { readonly [E in EventName]: (event: EventValues<E>) => string } = {
  'actor:started': () => 'started',
  'actor:crashed': ({ reason, restartInMs }) =>
    `crashed: ${reason}; restarts ${restartInMs > 0 ? `in ${Math.round(restartInMs)} ms` : 'at once'}`,
  'actor:restarted': ({ restarts }) => `restarted (${restarts} so far)`,
  'actor:failed': ({ reason }) => `given up: ${reason}`,
  'connection:changed': ({ state, attempt, reason, listening }) => {
    if (listening !== undefined) return `listens at ${listening.address}, port ${listening.port}`
    return `${state}${attempt > 0 ? ` (attempt ${attempt})` : ''}${reason === undefined ? '' : `: ${reason}`}`
  },
  'breaker:changed': ({ state }) => `circuit breaker ${state}`,
  'message:dead': ({ queue, attempts, reason }) =>
    `set aside a message of "${queue}" after ${attempts} attempts: ${reason}`,
  'subscription:gap': ({ topic, lost, reason }) =>
    `${lost > 0 ? `lost ${lost} messages` : 'may have lost messages'} of "${topic}": ${reason}`,
}

/** A record of the gateway's log in words, without the name of its integration. */
export function describeRecord(record: LogRecord): string {
  const { level: _, message, integration: __, ...fields } = record
  // The line of an event has the fields of the event.
  if (Object.hasOwn(EVENTS, message)) return printable(WORDS[message as EventName](record as never))
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${printable(String(value))}`)
  return [printable(message), ...rest].join(' ')
}

/** A reason may come from a stranger: it must not send control sequences to the terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/gu, ' ')
}
