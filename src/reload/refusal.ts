import { ConfigError } from '../core/errors/config.js'
import { messageOf } from '../mailbox/error-codec.js'

/** Faults that are shown in one line. */
const MOST_SHOWN = 3

/** Says in one line why a reload was refused, with the places of the faults. */
export function reasonOf(error: unknown): string {
  const faults = error instanceof ConfigError ? error.diagnostics : []
  const errors = faults.filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return `${subjectOf(error)}${messageOf(error)}`
  const shown = errors.slice(0, MOST_SHOWN).map(({ file, line, column, message }) => {
    const place = line === 0 ? file : `${file}:${line}:${column}`
    return `${place}: ${message}`
  })
  const more = errors.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join('; ')
}

/** Makes the error of a reload whose actor is not ready. */
export function notReady(error: unknown): ConfigError {
  const { integration } = (error ?? {}) as Subject
  const message = `the reload was refused, and nothing has changed: ${subjectOf(error)}${messageOf(error)}`
  return new ConfigError(message, [], { cause: error, ...(integration !== undefined && { integration }) })
}

interface Subject {
  readonly integration?: string
}

function subjectOf(error: unknown): string {
  const { integration } = (error ?? {}) as Subject
  return integration === undefined || integration === '' ? '' : `"${integration}" is not ready: `
}
