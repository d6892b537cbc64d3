import type { Template, TemplatePart } from './ast.js'
import { toBoolean, toText } from './convert.js'
import type { Evaluation } from './evaluation.js'
import { rounds } from './loops.js'
import { LATE, type Outcome } from './values.js'

type Text = string | undefined | typeof LATE

/** Evaluates a string with sequences. A string that is a single sequence keeps the type of its value. */
export function evaluateTemplate(evaluation: Evaluation, node: Template): Outcome {
  const [only] = node.parts
  if (node.parts.length === 1 && only!.kind === 'interpolation') return evaluation.raw(only!.expression)
  const text = render(evaluation, node.parts)
  return typeof text === 'string' ? text.normalize('NFC') : text
}

/** Renders all parts, so that every error is found. */
function render(evaluation: Evaluation, parts: readonly TemplatePart[]): Text {
  const texts = parts.map((part) => renderPart(evaluation, part))
  if (texts.includes(undefined)) return undefined
  return texts.includes(LATE) ? LATE : texts.join('')
}

function renderPart(evaluation: Evaluation, part: TemplatePart): Text {
  if (part.kind === 'text') return part.value
  if (part.kind === 'for') return renderFor(evaluation, part)
  if (part.kind === 'if') {
    const value = evaluation.value(part.condition)
    if (value === undefined || value === LATE) return value
    const condition = toBoolean(value)
    if (condition !== undefined) return render(evaluation, condition ? part.whenTrue : part.whenFalse)
    return evaluation.fault(part.condition.span, {
      message: 'the condition of this template directive must be a boolean',
      expected: 'true or false',
      found: evaluation.found(part.condition, value),
    })
  }
  const value = evaluation.value(part.expression)
  if (value === undefined || value === LATE) return value
  const text = toText(value)
  if (text !== undefined) return text
  return evaluation.fault(part.expression.span, {
    message: 'cannot insert this value into a string',
    expected: 'a string, a number or a boolean',
    found: evaluation.found(part.expression, value),
    ...(value === null
      ? { hint: 'give a default: coalesce(…, "")' }
      : { hint: 'use jsonencode(…) or join(", ", …)' }),
  })
}

function renderFor(evaluation: Evaluation, part: TemplatePart & { kind: 'for' }): Text {
  const all = rounds(evaluation, part)
  if (all === undefined || all === LATE) return all
  const texts: Text[] = []
  for (const round of all) {
    const text = render(round, part.body)
    // Stop at the first error: other elements most likely have the same.
    if (text === undefined) return undefined
    texts.push(text)
  }
  return texts.includes(LATE) ? LATE : texts.join('')
}
