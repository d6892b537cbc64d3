import { Diagnostics } from './hcl/diagnostics.js'
import { type Deferred, type Expression, evaluate, Reference, type Scope } from './hcl/index.js'

/**
 * Returns the text of a template whose sequences are constants or paths known at run time: constants are replaced,
 * paths stay as `${message.topic}`. `undefined` for any other expression.
 */
export function lateText(
  expression: Expression,
  value: Reference | Deferred,
  scope: Scope,
): string | undefined {
  if (value instanceof Reference) return sequence(value)
  if (expression.kind !== 'template') return undefined
  let text = ''
  for (const part of expression.parts) {
    if (part.kind === 'text') {
      text += escapeTemplate(part.value)
      continue
    }
    if (part.kind !== 'interpolation') return undefined
    // Faults have been reported when the whole was evaluated.
    const inner = evaluate(part.expression, scope, new Diagnostics())
    if (inner instanceof Reference) text += sequence(inner)
    else if (inner === null || typeof inner === 'object' || inner === undefined) return undefined
    else text += escapeTemplate(String(inner))
  }
  return text
}

/** Makes a template of constant text. */
export function escapeTemplate(text: string): string {
  return text.replaceAll('${', '$${')
}

function sequence({ path: [root, ...steps] }: Reference): string {
  const step = (name: string) =>
    /^(?:[\p{L}_][\p{L}\p{N}_-]*|\d+)$/u.test(name) ? `.${name}` : `["${name.replaceAll('"', '')}"]`
  return `\${${root}${steps.map(step).join('')}}`
}
