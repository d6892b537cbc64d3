import { expect, test } from 'vitest'
import { transforms as schema } from '../../src/config/schema/transform.js'
import { parseDuration } from '../../src/core/duration.js'
import type { Value } from '../../src/core/value.js'
import { settled } from '../../src/testing/index.js'
import { TestPipeline } from '../transform/support.js'
import { fencesOf, guides } from './markdown.js'

/** An example of the guide. */
interface Example {
  readonly transform: unknown
  /** Values in order; `{ "wait": "1s" }` lets time pass. */
  readonly in: readonly Value[]
  readonly out: readonly Value[]
  /** The values of `data` blocks. */
  readonly data?: Readonly<Record<string, Value>>
  /** The source text of functions of scripts. */
  readonly functions?: Readonly<Record<string, string>>
}

const examples = (await guides()).flatMap(fencesOf).filter(({ marks }) => marks.includes('transform'))

test.each(examples)('the transform at $page:$line makes what it says', async ({ code }) => {
  const example = JSON.parse(code) as Example
  const made = new TestPipeline(example.transform, undefined, undefined, async ({ function: name }, value) =>
    new Function(`return ${example.functions![name]!}`)()(value),
  )
  for (const [name, value] of Object.entries(example.data ?? {})) made.pipeline.update(name, value)
  const out: Value[] = []
  for (const value of example.in) {
    const wait = parseDuration((value as { readonly wait?: string } | null)?.wait)
    out.push(...(wait === undefined ? made.push(value) : await made.advance(wait)))
    await settled()
    out.push(...made.take())
  }
  expect(out).toEqual(example.out)
})

test('each transform has an example', () => {
  const shown = examples.flatMap(({ code }) => schema.parse((JSON.parse(code) as Example).transform))
  expect([...new Set(shown.map(({ type }) => type))].sort()).toEqual([
    'aggregate',
    'debounce',
    'distinct',
    'filter',
    'flatten',
    'join',
    'jq',
    'map',
    'script',
    'select',
    'sort',
    'throttle',
    'window',
  ])
})
