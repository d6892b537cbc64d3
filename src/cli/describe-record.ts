import { EVENTS, type EventName, type EventValues } from '../core/events.js'
import type { LogRecord } from '../core/telemetry.js'

/** Describes each event, without the name of its integration. */
const WORDS: { readonly [E in EventName]: (event: EventValues<E>) => string } = {
  'actor:started': () => 'started',
  'actor:crashed': ({ reason, restartInMs }) =>
    `crashed: ${reason}; restarts ${restartInMs > 0 ? `in ${Math.round(restartInMs)} ms` : 'at once'}`,
  'actor:restarted': ({ restarts }) => `restarted (${restarts} so far)`,
  'actor:failed': ({ reason }) => `failed: ${reason}`,
  'connection:changed': ({ state, attempt, reason, listening }) => {
    if (listening !== undefined) return `listens at ${listening.address}, port ${listening.port}`
    return `${state}${attempt > 0 ? ` (attempt ${attempt})` : ''}${reason === undefined ? '' : `: ${reason}`}`
  },
  'breaker:changed': ({ state }) => `circuit breaker ${state}`,
  'message:dead': ({ queue, attempts, reason }) =>
    `dead-lettered a message of "${queue}" after ${attempts} attempts: ${reason}`,
  'subscription:gap': ({ topic, lost, reason }) =>
    `${lost > 0 ? `lost ${lost} messages` : 'may have lost messages'} of "${topic}": ${reason}`,
  'server:refused': ({ server, method, reason, address, count }) => {
    const of = method === undefined ? '' : ` of "${method}"`
    const from = address === undefined ? '' : ` from ${address}`
    return `server "${server}" refused ${count > 1 ? `${count} requests` : 'a request'}${of}${from}: ${reason}`
  },
  'config:reloaded': ({ result, changed, tookMs, reason }) =>
    reason === undefined
      ? `reloaded the configuration: ${changed === 0 ? 'no changes' : `${changed} changed`} (${tookMs} ms)`
      : `the reload was ${result}, and the earlier configuration runs on: ${reason}`,
  'data:failed': ({ data, reason }) => `data "${data}" failed: ${reason}`,
  'script:reloaded': ({ script }) => `script "${script}" loaded again`,
  'script:failed': ({ script, reason }) => `script "${script}" cannot be loaded again: ${reason}`,
  'script:crashed': ({ script, reason }) => `a thread of the script "${script}" ended: ${reason}`,
  'action:failed': ({ action, reason }) => `action "${action}" failed: ${reason}`,
}

/** Describes a log record, without the name of its integration. */
export function describeRecord(record: LogRecord): string {
  const { level: _, message, integration: __, ...fields } = record
  // The record of an event has the event's fields.
  if (Object.hasOwn(EVENTS, message)) return printable(WORDS[message as EventName](record as never))
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${printable(String(value))}`)
  return [printable(message), ...rest].join(' ')
}

/** Replaces control characters, because a reason may come from a remote peer and must not control the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression must match control characters
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/gu, ' ')
}
