import type { Diagnostic } from '../../core/diagnostic.js'
import { diagnostic } from '../../embed/schemas.js'

/** A result of a gateway, or a message that answers nothing. */
export interface Answer {
  readonly kind: 'answered'
  readonly id: unknown
  readonly result: unknown
}

/** Why a request has failed: the error of the gateway, or what is wrong with the line. */
export interface Failed {
  readonly kind: 'failed'
  readonly message: string
  readonly diagnostics?: readonly Diagnostic[]
}

/**
 * Reads a line of a gateway, which may be that of any other program.
 * @param path where it listens
 */
export function readAnswer(line: string, path: string): Answer | Failed {
  const message = objectOf(parsed(line))
  if (message === undefined)
    return { kind: 'failed', message: `the process at ${path} is not a gateway: it sent no JSON object` }
  const { id, result, error } = message
  // A failed sign of life answers nothing.
  if (error === undefined || id === 'status') return { kind: 'answered', id, result }
  const { message: reason, data } = objectOf(error) ?? {}
  if (typeof reason !== 'string')
    return { kind: 'failed', message: `the process at ${path} is not a gateway: its error has no message` }
  return { kind: 'failed', message: reason, diagnostics: diagnosticsOf(data) }
}

function diagnosticsOf(data: unknown): readonly Diagnostic[] {
  const { diagnostics } = objectOf(data) ?? {}
  if (!Array.isArray(diagnostics)) return []
  return diagnostics.flatMap((each) => {
    const found = diagnostic.safeParse(each)
    return found.success ? [found.data as Diagnostic] : []
  })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Readonly<Record<string, unknown>>) : undefined
}
