import { ConfigError } from '../core/errors/config.js'
import type { TransformSettings } from '../core/settings/transform.js'
import { TYPES, transform } from './schema/transform.js'

/**
 * Reads the option `transform` of a subscription: a jq query as text, a `transform` block of the object form, or a list
 * of both.
 * @param integration for the error
 * @throws ConfigError that says what is wrong, and where in a query
 */
export function readTransformOption(given: unknown, integration: string): readonly TransformSettings[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  return list.map((each, index) => {
    const block: unknown = typeof each === 'string' ? { type: 'jq', query: each } : each
    const read = transform.safeParse(block)
    if (read.success) return read.data
    const where = Array.isArray(given) ? `option "transform[${index}]"` : 'option "transform"'
    const faults = read.error.issues.map(({ path, message, code, ...issue }) => {
      const at = path.length === 0 ? '' : `"${path.join('.')}": `
      const hint = 'params' in issue ? (issue.params as { hint?: string } | undefined)?.hint : undefined
      const known = code === 'invalid_union' && path.at(-1) === 'type' ? `; expected one of ${TYPES}` : ''
      return `${at}${message}${known}${hint === undefined ? '' : `: ${hint}`}`
    })
    throw new ConfigError(`subscribe: ${where}: ${faults.join('; ')}`, [], { integration, fault: 'local' })
  })
}
