// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is HCL
import { expect, test } from 'vitest'
import type { Scope } from '../../../src/config/hcl/index.js'
import { faults, parsed, value } from './support.js'

const COMPOSED = '\u00e9'
const DECOMPOSED = 'e\u0301'

const scope: Scope = {
  variables: { var: { outside: DECOMPOSED }, [COMPOSED]: { [COMPOSED]: 1 } },
  keywords: [`caf${COMPOSED}`],
}

test.each([
  ['a string', `"${DECOMPOSED}"`, COMPOSED],
  ['an escape', '"e\\u0301"', COMPOSED],
  ['a piece that completes a character', '"e${"\\u0301"}"', COMPOSED],
  ['a function that completes a character', 'join("", ["e", "\\u0301"])', COMPOSED],
  [
    'what a function gives in depth',
    'jsondecode("{\\"e\\u0301\\": [\\"e\\u0301\\"]}")',
    { [COMPOSED]: [COMPOSED] },
  ],
  ['a bare key', `{${DECOMPOSED} = 1}`, { [COMPOSED]: 1 }],
  ['a quoted key', `{"${DECOMPOSED}" = 1}`, { [COMPOSED]: 1 }],
  ['a variable and an attribute', `${DECOMPOSED}.${DECOMPOSED}`, 1],
  ['an index', `${COMPOSED}["${DECOMPOSED}"]`, 1],
  ['a variable of a for', `[for ${DECOMPOSED} in [7] : ${COMPOSED}]`, [7]],
  ['a keyword', `caf${DECOMPOSED}`, `caf${COMPOSED}`],
  ['a comparison with a value from outside', `var.outside == "${COMPOSED}"`, true],
  ['a length', `length("${DECOMPOSED}")`, 1],
])('%s is in Normalization Form C', (_, text, expected) => {
  expect(value(text, scope)).toEqual(expected)
})

test('names and labels of blocks and arguments, and heredocs', () => {
  const [block] = parsed(`${DECOMPOSED} "${DECOMPOSED}" ${DECOMPOSED} {\n ${DECOMPOSED} = 1\n}\n`).blocks
  expect([block!.type, ...block!.labels.map((label) => label.value)]).toEqual([COMPOSED, COMPOSED, COMPOSED])
  expect(block!.body.attributes[0]!.name).toBe(COMPOSED)
  expect(value(`<<E\n${DECOMPOSED}\nE\n`)).toBe(`${COMPOSED}\n`)
})

test('a position counts what is written, not its normal form', () => {
  expect(faults(`a = "${DECOMPOSED}" }`)).toEqual(['1:10 unexpected `}`'])
})
