import { type Node, nodeAt } from '../node.js'
import type { AnySection } from '../reading/section.js'

/**
 * Checks whether a server may start. Server authentication is not implemented, so that a server that requires it is
 * skipped with a warning: it would be open to all callers.
 * @returns whether it may start
 */
export function mayStart(name: string, section: AnySection): boolean {
  const auth = section.node('auth')
  const asksForAuth = auth !== undefined && kindOf(nodeAt(auth, ['type']) ?? auth) !== 'none'
  if (asksForAuth)
    section.fault(auth.nameSpan, {
      severity: 'warning',
      message: `server authentication is not implemented: the server "${name}" requires it and is not started`,
      hint: 'without the block "auth" the server accepts every caller',
    })
  return methodsMayStart(name, section) && !asksForAuth
}

function methodsMayStart(name: string, section: AnySection): boolean {
  const methods = section.node('method')
  if (methods === undefined) return true
  const entries = methods.content.kind === 'map' ? methods.content.entries : new Map<string, Node>()
  if ([...entries.values()].some((method) => nodeAt(method, ['handler']) === undefined))
    section.fault(methods.nameSpan, {
      severity: 'warning',
      message: 'a block "method" without "handler" is not supported by this version and is ignored',
      hint: `register the handlers: gateway.server('${name}').register(…)`,
    })
  const guarded = [...entries].flatMap(([method, node]) => {
    const wanted = nodeAt(node, ['auth'])
    return wanted === undefined || ['none', 'optional'].includes(kindOf(wanted)) ? [] : [{ method, wanted }]
  })
  for (const { method, wanted } of guarded)
    section.fault(wanted.nameSpan, {
      severity: 'warning',
      message: `server authentication is not implemented: the method "${method}" requires it, and the server "${name}" is not started`,
    })
  return guarded.length === 0
}

function kindOf({ content }: Node): string {
  return content.kind === 'scalar' ? String(content.value) : ''
}
