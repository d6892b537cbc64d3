import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { Diagnostics } from '../../src/config/hcl/diagnostics.js'
import { jsonSchemaOf } from '../../src/config/json-schema.js'
import type { Node } from '../../src/config/node.js'
import { Section } from '../../src/config/reading/section.js'
import { integrationOf } from '../../src/config/schema/integration.js'
import { duration } from '../../src/config/schema/kinds.js'
import { toSettings } from '../../src/config/schema/settings.js'
import { Declarations } from '../docs/blocks/declarations.js'
import { membersOf } from '../docs/blocks/type-of.js'
import { rowsOf } from '../docs/configuration-page.js'

const PROTOCOL = { formats: ['json'], defaultFormat: 'json', auth: ['none'] } as const

/** The block `integration` with one line more. */
const block = integrationOf(PROTOCOL).extend({
  warm_up: duration().prefault('5s').describe('How long it warms up.'),
})

function read(attributes: Readonly<Record<string, string>>) {
  const diagnostics = new Diagnostics()
  const span = {
    source: { name: 'gateway.hcl', position: () => ({ line: 1, column: 1 }), lineText: () => '' },
    start: 0,
    end: 0,
  } as never
  const scalar = (value: string): Node => ({
    content: { kind: 'scalar', value },
    span,
    nameSpan: span,
    secret: false,
  })
  const entries = new Map(
    Object.entries({ type: 'memory', ...attributes }).map(([name, value]) => [name, scalar(value)]),
  )
  const node: Node = { content: { kind: 'map', entries }, span, nameSpan: span, secret: false }
  const { values } = new Section(block, { node, title: 'the block "integration"', diagnostics })
  return { settings: toSettings(block, values), found: diagnostics.items }
}

test('one line in the schema of a block is an option, a setting with its default, and a check', () => {
  expectTypeOf<z.input<typeof block>['warm_up']>().toEqualTypeOf<number | string | undefined>()
  const { settings } = read({})
  expectTypeOf(settings.warmUpMs).toEqualTypeOf<number>()
  expect(settings.warmUpMs).toBe(5_000)
  expect(read({ warm_up: '2s' }).settings.warmUpMs).toBe(2_000)
  expect(read({ warm_up: 'soon' }).found).toMatchObject([
    {
      message: 'wrong value for "warm_up"',
      expected: expect.stringContaining('a duration'),
      found: 'the string "soon"',
    },
  ])
  expect(read({ warm_upp: '2s' }).found).toMatchObject([
    { message: 'the block "integration" has no "warm_upp"', hint: 'did you mean "warm_up"?' },
  ])
})

test('it is in the documentation and in the JSON Schema', () => {
  expect(rowsOf(block)).toContainEqual({
    name: 'warm_up',
    value: 'duration',
    otherwise: '`5s`',
    description: 'How long it warms up.',
  })
  expect(jsonSchemaOf(block)).toMatchObject({
    properties: {
      warm_up: { type: ['string', 'number'], default: '5s', description: 'How long it warms up.' },
    },
  })
})

test('it is in the types of the object form, with its documentation', () => {
  const around = () => ({ parent: 'Integration', isTop: true })
  expect(membersOf(block, around, new Declarations()).warm_up).toBe(`  /**
   * How long it warms up.
   * A duration: milliseconds, or text such as \`"30s"\`.
   * @defaultValue \`"5s"\`
   */
  readonly warm_up?: Duration | undefined
`)
})

test('nothing but the schemas names the attributes of a block', () => {
  const { settings } = read({})
  expect(Object.keys(settings)).toEqual(expect.arrayContaining(['circuitBreaker', 'healthCheck', 'warmUpMs']))
  expect(z.safeParse(block, { type: 'memory', warm_up: '1s' }).data?.warm_up).toBe(1_000)
})
