import { isSecretName } from '../core/secret-name.js'
import { maskedAddress, mayHoldUserInfo } from '../core/user-info.js'
import { type Block, type Body, type Expression, Source, type Span, type TemplatePart } from './hcl/index.js'
import { walk } from './hcl/walk.js'
import { maskedByLine } from './mask-lines.js'
import { holdsKey, isAuthType, isSecretWithin } from './secrets.js'

/**
 * Returns the lines of a file with all literal secrets masked, because a diagnostic shows its line.
 * @param broken whether the file has syntax errors, so that the tree does not contain all secrets
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
    text += source.text.slice(at, from) + stars(source.text.slice(from, end))
    at = end
  }
  text += source.text.slice(at)
  const lines = new Source(source.name, broken ? maskedByLine(text) : text)
  return (line) => lines.lineText(line)
}

/** Replaces each code point by a star, which keeps the columns. The quotes of a literal stay visible. */
function stars(text: string): string {
  return text.replace(/[^\r\n"]/gu, '*')
}

function collect(body: Body, secret: boolean, spans: Span[]): void {
  for (const { name, expression } of body.attributes) ofExpression(name, expression, secret, spans)
  for (const block of body.blocks) {
    const marked = block.type === 'variable' && isMarked(block)
    for (const item of block.body.attributes)
      if (marked && item.name === 'default') literals(item.expression, spans)
    collect(block.body, isSecretWithin(block.type, secret), spans)
  }
}

/** Tells whether a variable is sensitive: by any mark but `sensitive = false`, or by its name. */
function isMarked({ body, labels: [label] }: Block): boolean {
  const mark = body.attributes.find(({ name }) => name === 'sensitive')?.expression
  if (mark === undefined) return label !== undefined && isSecretName(label.value)
  return !(mark.kind === 'literal' && mark.value === false)
}

function ofExpression(name: string, expression: Expression, secret: boolean, spans: Span[]): void {
  if (secret && name === 'type' && expression.kind === 'literal' && isAuthType(expression.value)) return
  if (isSecretWithin(name, secret)) return literals(expression, spans)
  const holds = name === 'address' ? hasUserInfo : mayHoldUserInfo
  walk(expression, (node) => {
    if (node.kind === 'literal' && (holds(String(node.value)) || holdsKey(node.value))) spans.push(node.span)
    if (node.kind === 'template' && holds(writtenOut(node.parts))) literals(node, spans)
    if (node.kind !== 'object') return
    for (const { key, value } of node.items)
      if (key.kind === 'literal' && isSecretName(String(key.value))) literals(value, spans)
  })
}

/** Tells whether an address may contain user info, which in an address needs no colon. */
function hasUserInfo(address: string): boolean {
  return mayHoldUserInfo(address) || maskedAddress(address) !== address
}

/** Returns the text of a template with a letter in place of each value. */
function writtenOut(parts: readonly TemplatePart[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.value : 'x')).join('')
}

/** Functions whose first argument names the place of a secret. */
const NAMING = ['env', 'file']

/** Collects the literals of an expression. Names of variables and environment variables are not secrets. */
function literals(expression: Expression, spans: Span[]): void {
  const names = new Set<Expression>()
  walk(expression, (node) => {
    if (node.kind === 'call' && NAMING.includes(node.name) && node.arguments[0] !== undefined)
      names.add(node.arguments[0])
    if (names.has(node)) return
    // A bare name in place of a secret is probably a secret without quotes.
    if (node.kind === 'literal' || node.kind === 'variable') spans.push(node.span)
    if (node.kind === 'template')
      for (const part of node.parts) if (part.kind === 'text') spans.push(part.span)
    if (node.kind === 'invalid') spans.push(node.span)
  })
}
