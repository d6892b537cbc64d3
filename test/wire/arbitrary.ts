import fc from 'fast-check'
import type { Value } from '../../src/core/value.js'

const members = (item: fc.Arbitrary<unknown>) =>
  fc.dictionary(
    fc.string({ unit: 'binary' }).filter((key) => key !== '__proto__'),
    item,
    { maxKeys: 5, noNullPrototype: true },
  )

function values(leaf: fc.Arbitrary<unknown>): fc.Arbitrary<Value> {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 5 }, leaf, fc.array(tie('tree'), { maxLength: 5 }), members(tie('tree'))),
  }))
  return tree as fc.Arbitrary<Value>
}

const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
)

/** Whatever JSON can carry as it is (-0 aside, which JSON does not know). */
export const jsonValues = values(scalar)

/** The same and bytes. */
export const valuesWithBytes = values(fc.oneof(scalar, fc.uint8Array()))
