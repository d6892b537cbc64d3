import { type Node, nodeAt } from '../node.js'
import type { ServerBlock } from '../options.js'
import type { Section } from '../section.js'

/** What a `server` block may hold: what the object form declares, and what comes later. */
export type ServerNames = ServerBlock & { readonly auth?: unknown; readonly method?: unknown }

/**
 * Who calls is not checked in this version. A server that is configured to check it must not run without: that
 * would be open to everybody, and look as if it were not.
 */
export function refuseUnguarded(name: string, section: Section<ServerNames>): void {
  const auth = section.node('auth')
  if (auth !== undefined && kindOf(nodeAt(auth, ['type']) ?? auth) !== 'none')
    section.fault(auth.nameSpan, {
      message: `this version does not check who calls: it does not start the server "${name}", which asks for that`,
      hint: 'without the block "auth" it serves everybody who reaches it',
    })
  const methods = section.node('method')
  if (methods === undefined) return
  section.fault(methods.nameSpan, {
    severity: 'warning',
    message: 'block "method" is not supported by this version and is ignored',
    hint: `register the handlers: gateway.server('${name}').register(…)`,
  })
  const entries = methods.content.kind === 'map' ? methods.content.entries : new Map<string, Node>()
  for (const [method, node] of entries) {
    const wanted = nodeAt(node, ['auth'])
    if (wanted === undefined || ['none', 'optional'].includes(kindOf(wanted))) continue
    section.fault(wanted.nameSpan, {
      message: `this version does not check who calls "${method}"`,
      hint: 'it does not start a server that asks for that',
    })
  }
}

function kindOf({ content }: Node): string {
  return content.kind === 'scalar' ? String(content.value) : ''
}
