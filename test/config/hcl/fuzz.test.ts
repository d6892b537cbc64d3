// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is HCL
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Diagnostics, formatDiagnostics } from '../../../src/config/hcl/diagnostics.js'
import { evaluate, Source } from '../../../src/config/hcl/index.js'
import { tokenize } from '../../../src/config/hcl/lexer.js'
import { parseStream } from '../../../src/config/hcl/parse.js'
import { TokenStream } from '../../../src/config/hcl/token-stream.js'
import { rounds } from '../../support/rounds.js'
import { documents } from './documents.js'
import { mutated } from './mutations.js'
import { SPECIFICATION } from './specification.hcl.js'

/** More than this for each token would be more than linear work. */
const STEPS_PER_TOKEN = 60

/** Reads, evaluates and reports whatever the text is; checks that the work was bounded. */
function survive(text: string): void {
  const source = new Source('fuzz.hcl', text)
  const tokens = tokenize(source)
  expect(tokens.length).toBeLessThanOrEqual(text.length * 2 + 2)
  for (const [index, { span }] of tokens.entries()) {
    // Invalid tokens point back to what was not closed; all others follow each other.
    if (tokens[index]!.kind === 'invalid') continue
    expect(span.end).toBeGreaterThanOrEqual(span.start)
    expect(span.end).toBeLessThanOrEqual(text.length)
  }
  const diagnostics = new Diagnostics()
  const stream = new TokenStream(tokens, diagnostics)
  const body = parseStream(stream)
  expect(stream.steps).toBeLessThanOrEqual(STEPS_PER_TOKEN * tokens.length)
  expect(diagnostics.items.length).toBeLessThanOrEqual(tokens.length)
  const places = diagnostics.errors.map(({ line, column }) => `${line}:${column}`)
  expect(new Set(places).size, `no place is reported twice: ${text}`).toBe(places.length)
  const scope = {
    variables: { env: {}, var: {} },
    keywords: ['required'],
    deferred: ['integration', 'trigger'],
  }
  for (const { expression } of body.attributes) evaluate(expression, scope, diagnostics)
  formatDiagnostics(diagnostics)
}

const runs = { numRuns: rounds(200, 1000), seed: 7 }

describe('any text comes to an end', () => {
  test('random bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array).toString('utf8'))
    fc.assert(fc.property(bytes, survive), runs)
  })

  test('random tokens', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      '(',
      ')',
      '"',
      '${',
      '%{',
      '~}',
      '}',
      '\n',
      '=',
      ',',
      ':',
      '?',
      '.',
      '*',
      '...',
      'for',
      'in',
      'if',
      'else',
      'endif',
      'endfor',
      'x',
      '1',
      '<<E\n',
      '\nE\n',
      '<<-E\n',
      ' ',
      '-',
      '!',
      '=>',
      '&&',
      '/*',
      '*/',
      '#',
      '\\',
      "'",
    ]
    const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(''))
    fc.assert(fc.property(texts, survive), { ...runs, numRuns: rounds(500, 5000) })
  })

  test('every truncation of the specification', () => {
    for (const text of Object.values(SPECIFICATION)) {
      for (let length = 0; length < text.length; length += rounds(17, 3)) survive(text.slice(0, length))
    }
  })

  test('mutations of the specification', () => {
    fc.assert(fc.property(mutated(Object.values(SPECIFICATION), { min: 1, max: 12 }), survive), runs)
  })

  test('mutations of generated documents', () => {
    const bases = fc.sample(documents, { seed: 5, numRuns: rounds(50, 200) })
    fc.assert(fc.property(mutated(bases, { min: 0, max: 8 }), survive), runs)
  })

  test('one thing over and over', () => {
    for (const piece of [
      '{',
      '}',
      '[',
      '(',
      '"',
      '"${',
      '%{',
      '<<E\n',
      'a{\n',
      'a=[\n',
      'a={\n',
      'a=',
      '\\',
      '$',
      'a"',
      'a=x.',
      'a=x[',
      '/*',
      '-',
      'a ',
      '{for ',
      '}\n',
    ]) {
      survive(piece.repeat(3000))
      survive(`${piece}\n`.repeat(1000))
      survive(`a = ${piece.repeat(2000)}`)
    }
  })
})
