import { type Block, type Body, type Expression, Source, type Span, type TemplatePart } from './hcl/index.js'
import { walk } from './hcl/walk.js'
import { maskedByLine } from './mask-lines.js'
import { hiddenIn, holdsKey, isAuthType, isSecretName, mayHoldUserInfo } from './secrets.js'

/**
 * The lines of a file with every secret that is written out in it blacked out: a diagnostic shows the line it
 * is about.
 * @param broken the file has faults of syntax, so that the tree alone does not tell where all secrets are
 */
export function masked(body: Body, broken: boolean): (line: number) => string {
  const { source } = body.span
  const spans: Span[] = []
  collect(body, false, spans)
  spans.sort((a, b) => a.start - b.start)
  let text = ''
  let at = 0
  for (const { start, end } of spans) {
    if (end <= at) continue
    const from = Math.max(start, at)
    text += source.text.slice(at, from) + black(source.text.slice(from, end))
    at = end
  }
  text += source.text.slice(at)
  const lines = new Source(source.name, broken ? maskedByLine(text) : text)
  return (line) => lines.lineText(line)
}

/** One star for each code point: columns stay what they are. Quotes of a literal stay to be seen. */
function black(text: string): string {
  return text.replace(/[^\r\n"]/gu, '*')
}

function collect(body: Body, secret: boolean, spans: Span[]): void {
  for (const { name, expression } of body.attributes) ofExpression(name, expression, secret, spans)
  for (const block of body.blocks) {
    const marked = block.type === 'variable' && isMarked(block)
    for (const item of block.body.attributes)
      if (marked && item.name === 'default') literals(item.expression, spans)
    collect(block.body, hiddenIn(block.type, secret), spans)
  }
}

/** Unless it plainly says `sensitive = false`, a mark counts. A variable with the name of a secret needs no mark. */
function isMarked({ body, labels: [label] }: Block): boolean {
  const mark = body.attributes.find(({ name }) => name === 'sensitive')?.expression
  if (mark === undefined) return label !== undefined && isSecretName(label.value)
  return !(mark.kind === 'literal' && mark.value === false)
}

function ofExpression(name: string, expression: Expression, secret: boolean, spans: Span[]): void {
  if (secret && name === 'type' && expression.kind === 'literal' && isAuthType(expression.value)) return
  if (hiddenIn(name, secret)) return literals(expression, spans)
  walk(expression, (node) => {
    if (node.kind === 'literal' && (mayHoldUserInfo(String(node.value)) || holdsKey(node.value)))
      spans.push(node.span)
    if (node.kind === 'template' && mayHoldUserInfo(writtenOut(node.parts))) literals(node, spans)
    if (node.kind !== 'object') return
    for (const { key, value } of node.items)
      if (key.kind === 'literal' && isSecretName(String(key.value))) literals(value, spans)
  })
}

/** The text of a template, with a letter in place of each value. */
function writtenOut(parts: readonly TemplatePart[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.value : 'x')).join('')
}

/** Functions whose first argument names where a secret is. */
const NAMING = ['env', 'file']

/** What is written out in an expression; names of variables and of the environment are no secrets. */
function literals(expression: Expression, spans: Span[]): void {
  const names = new Set<Expression>()
  walk(expression, (node) => {
    if (node.kind === 'call' && NAMING.includes(node.name) && node.arguments[0] !== undefined)
      names.add(node.arguments[0])
    if (names.has(node)) return
    // A bare name where a secret belongs is a secret whose quotes were forgotten.
    if (node.kind === 'literal' || node.kind === 'variable') spans.push(node.span)
    if (node.kind === 'template')
      for (const part of node.parts) if (part.kind === 'text') spans.push(part.span)
    if (node.kind === 'invalid') spans.push(node.span)
  })
}
