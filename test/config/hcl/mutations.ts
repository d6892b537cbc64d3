import fc from 'fast-check'

const PIECES = [
  '"',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '=',
  ',',
  '.',
  '$',
  '%',
  '~',
  '#',
  '/*',
  '<<E\n',
  '\n',
  '\\',
  "'",
  ' ',
  '?',
  ':',
  '-',
  '!',
  '*',
  'x',
  '1',
  '${',
  '%{',
  'é',
  '\t',
  '&',
  '@',
]

/** What careless typing does to a text: characters and lines lost, doubled, swapped or put in. */
export function mutated(
  texts: readonly string[],
  mutations: { min: number; max: number },
): fc.Arbitrary<string> {
  const mutation = fc.record({
    kind: fc.constantFrom('delete', 'insert', 'double', 'swap', 'delete line', 'double line'),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    piece: fc.constantFrom(...PIECES),
  })
  return fc
    .tuple(
      fc.constantFrom(...texts),
      fc.array(mutation, { minLength: mutations.min, maxLength: mutations.max }),
    )
    .map(([text, steps]) => steps.reduce(mutate, text))
}

function mutate(text: string, { kind, at, piece }: { kind: string; at: number; piece: string }): string {
  if (kind.endsWith('line')) {
    const lines = text.split('\n')
    const line = Math.floor(at * lines.length)
    lines.splice(line, 1, ...(kind === 'delete line' ? [] : [lines[line]!, lines[line]!]))
    return lines.join('\n')
  }
  const place = Math.floor(at * text.length)
  const before = text.slice(0, place)
  const after = text.slice(place)
  switch (kind) {
    case 'delete':
      return before + after.slice(1)
    case 'insert':
      return before + piece + after
    case 'double':
      return before + after.slice(0, 1) + after
    default:
      return before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2)
  }
}
