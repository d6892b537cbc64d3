import { type Node, nodeAt } from '../node.js'
import type { AnySection } from '../reading/section.js'

/**
 * Who calls is not checked in this version. A server that is configured to check it must not run without: that
 * would be open to everybody, and look as if it were not. It is left out with a warning; all else runs.
 * @returns whether it may start
 */
export function mayStart(name: string, section: AnySection): boolean {
  const auth = section.node('auth')
  const asksForAuth = auth !== undefined && kindOf(nodeAt(auth, ['type']) ?? auth) !== 'none'
  if (asksForAuth)
    section.fault(auth.nameSpan, {
      severity: 'warning',
      message: `this version does not check who calls: the server "${name}", which asks for that, is not started`,
      hint: 'without the block "auth" it serves everybody who reaches it',
    })
  return methodsMayStart(name, section) && !asksForAuth
}

function methodsMayStart(name: string, section: AnySection): boolean {
  const methods = section.node('method')
  if (methods === undefined) return true
  section.fault(methods.nameSpan, {
    severity: 'warning',
    message: 'block "method" is not supported by this version and is ignored',
    hint: `register the handlers: gateway.server('${name}').register(…)`,
  })
  const entries = methods.content.kind === 'map' ? methods.content.entries : new Map<string, Node>()
  const guarded = [...entries].flatMap(([method, node]) => {
    const wanted = nodeAt(node, ['auth'])
    return wanted === undefined || ['none', 'optional'].includes(kindOf(wanted)) ? [] : [{ method, wanted }]
  })
  for (const { method, wanted } of guarded)
    section.fault(wanted.nameSpan, {
      severity: 'warning',
      message: `this version does not check who calls "${method}": the server "${name}", which asks for that, is not started`,
    })
  return guarded.length === 0
}

function kindOf({ content }: Node): string {
  return content.kind === 'scalar' ? String(content.value) : ''
}
