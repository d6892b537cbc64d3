import { ATTRIBUTES, LABELLED, type Labelled } from './block-kinds.js'
import { withDataLabels } from './blocks/data-labels.js'
import { type Diagnostics, didYouMean } from './hcl/diagnostics.js'
import { type Block, type Body, report } from './hcl/index.js'
import { isPath, placeOf } from './spans.js'

/** Blocks of the language that this version does not support. */
const LATER = ['observability', 'discovery']

/** The blocks of a configuration by kind, with unique labels, in the order of the text. */
export type Document = { readonly [kind in Labelled | 'locals']: readonly Block[] }

const NAME = /^[\p{L}_][\p{L}\p{N}_.-]*$/u

/** Sorts the blocks of one or several files by kind. Reports and drops unknown blocks. */
export function readDocument(bodies: readonly Body[], diagnostics: Diagnostics): Document {
  const kinds = [...LABELLED, 'locals'] as const
  const document = Object.fromEntries(kinds.map((kind) => [kind, [] as Block[]])) as Record<
    (typeof kinds)[number],
    Block[]
  >
  const named = new Map<string, Block>()
  for (const body of bodies) {
    for (const { name, nameSpan } of body.attributes) unknown(name, nameSpan, diagnostics)
    for (const given of body.blocks) {
      const kind = LABELLED.find((each) => each === given.type)
      const block = kind === 'data' ? withDataLabels(given, diagnostics) : given
      if (block === undefined) continue
      if (kind !== undefined) {
        if (isNamed(block, named, diagnostics)) document[kind].push(block)
      } else if (block.type === 'locals') {
        for (const label of block.labels.slice(0, 1))
          report(diagnostics, label.span, { message: 'the block "locals" takes no label', hint: 'remove it' })
        document.locals.push(block)
      } else if (LATER.includes(block.type))
        report(diagnostics, block.typeSpan, {
          severity: 'warning',
          message: `block "${block.type}" is not supported by this version and is ignored`,
        })
      else unknown(block.type, block.typeSpan, diagnostics)
    }
  }
  return document
}

/** @param named the blocks before this one by kind and name; receives it */
function isNamed(block: Block, named: Map<string, Block>, diagnostics: Diagnostics): boolean {
  const [label, surplus] = block.labels
  if (label === undefined) {
    report(diagnostics, block.typeSpan, {
      message: `the block "${block.type}" needs a name`,
      hint: `${block.type} "NAME" { … }`,
    })
    return false
  }
  if (surplus !== undefined)
    report(diagnostics, surplus.span, {
      message: `the block "${block.type}" takes one label`,
      hint: 'remove this one',
    })
  // The label of an `on` block is its event, which several blocks may have.
  if (block.type === 'on') return true
  if (!NAME.test(label.value)) {
    report(diagnostics, label.span, {
      message: `invalid name for a block "${block.type}"`,
      expected: 'a letter or "_", followed by letters, digits, "_", "-" and "."',
    })
    return false
  }
  const key = `${block.type} ${label.value}`
  const first = named.get(key)
  if (first === undefined) {
    named.set(key, block)
    return true
  }
  report(diagnostics, label.span, {
    message: `the ${block.type} "${label.value}" is already defined at ${placeOf(first.labels[0]!.span)}`,
    hint: 'give one of them another name',
  })
  return false
}

function unknown(name: string, span: Block['typeSpan'], diagnostics: Diagnostics): void {
  const known = isPath(span.source.name) ? TOP_OF_OBJECT : [...LABELLED, 'locals', ...LATER]
  const near = didYouMean(name, known)
  report(diagnostics, span, {
    message: `unknown block "${name}"`,
    expected: `one of ${known.join(', ')}`,
    ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
  })
}

const TOP_OF_OBJECT = [...Object.values(ATTRIBUTES), 'locals']
