import { WORD } from './sets.js'
import type { Anchor, RegexNode, Repeat } from './syntax.js'

const ANCHORS: Readonly<Record<Anchor, string>> = {
  start: '^',
  end: '$',
  'end-of-line': '(?=\\n?$)',
  boundary: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  'no-boundary': `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
}

/** Writes an expression as JavaScript does, for `new RegExp(…, 'u')`. */
export function javaScriptOf(node: RegexNode): string {
  switch (node.kind) {
    case 'set':
      return node.source
    case 'anchor':
      return ANCHORS[node.anchor]
    case 'back':
      return `\\${node.group}`
    case 'sequence':
      return node.items.map((item) => (item.kind === 'choice' ? grouped(item) : javaScriptOf(item))).join('')
    case 'choice':
      return node.options.map(javaScriptOf).join('|')
    case 'group':
      return `(${javaScriptOf(node.body)})`
    case 'look':
      return `(?${node.isBehind ? '<' : ''}${node.isNegative ? '!' : '='}${javaScriptOf(node.body)})`
    case 'repeat':
      return `${node.body.kind === 'set' || node.body.kind === 'group' ? javaScriptOf(node.body) : grouped(node.body)}${range(node)}`
  }
}

function grouped(node: RegexNode): string {
  return `(?:${javaScriptOf(node)})`
}

function range({ min, max, isLazy }: Repeat): string {
  const bounds = min === max ? `{${min}}` : `{${min},${max === Number.POSITIVE_INFINITY ? '' : max}}`
  return isLazy ? `${bounds}?` : bounds
}
