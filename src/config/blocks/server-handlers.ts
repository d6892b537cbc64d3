import type { ScriptFunction } from '../../core/settings/script.js'
import { nodeAt } from '../node.js'
import type { AnySection } from '../reading/section.js'
import type { ScriptContext } from './script.js'

/** Reads the `handler` of the methods of a server: functions of scripts by method. */
export function readHandlers(
  name: string,
  section: AnySection,
  scripts: ScriptContext,
): ReadonlyMap<string, ScriptFunction> {
  const found = new Map<string, ScriptFunction>()
  const methods = section.node('method')
  if (methods?.content.kind !== 'map') return found
  for (const [method, node] of methods.content.entries) {
    const handler = nodeAt(node, ['handler'])
    if (handler === undefined) continue
    if (scripts.isEmpty && handler.content.kind === 'scalar') {
      section.fault(handler.span, {
        severity: 'warning',
        message: `the method "${method}" has no handler: there is no block "script"`,
        hint: `add the block, or register a handler: gateway.server('${name}').register('${method}', …)`,
      })
      continue
    }
    const read = scripts.read(handler, section)
    if (read !== undefined) found.set(method, read)
  }
  return found
}
