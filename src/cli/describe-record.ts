import type { ListenAddress } from '../core/status.js'
import type { LogRecord } from '../core/telemetry.js'

/** A record of the gateway's log in words, without the name of its integration. */
export function describeRecord(record: LogRecord): string {
  const text = (field: string) => printable(String(record[field] ?? ''))
  switch (record.message) {
    case 'actor:started':
      return 'started'
    case 'actor:crashed': {
      const delay = Number(record.restartInMs)
      return `crashed: ${text('reason')}; restarts ${delay > 0 ? `in ${Math.round(delay)} ms` : 'at once'}`
    }
    case 'actor:restarted':
      return `restarted (${text('restarts')} so far)`
    case 'actor:failed':
      return `given up: ${text('reason')}`
    case 'connection:changed': {
      const reason = record.reason === undefined ? '' : `: ${text('reason')}`
      const attempt = Number(record.attempt) > 0 ? ` (attempt ${text('attempt')})` : ''
      const { listening } = record as { readonly listening?: ListenAddress }
      if (listening !== undefined) return `listens at ${listening.address}, port ${listening.port}`
      return `${text('state')}${attempt}${reason}`
    }
    case 'breaker:changed':
      return `circuit breaker ${text('state')}`
    case 'message:dead':
      return `set aside a message of "${text('queue')}" after ${text('attempts')} attempts: ${text('reason')}`
    default: {
      const { level: _, message, integration: __, ...fields } = record
      const rest = Object.entries(fields).map(([key, value]) => `${key}=${printable(String(value))}`)
      return [printable(message), ...rest].join(' ')
    }
  }
}

/** A reason may come from a stranger: it must not send control sequences to the terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/gu, ' ')
}
