import type { DescEnum } from '@bufbuild/protobuf'
import { integerOf } from './numbers.js'
import { type ScalarCodec, VARINT } from './scalars.js'

const NULL_VALUE = 'google.protobuf.NullValue'
const SHOWN = 6

/**
 * Makes the codec of an enum, whose values are names. A number without a name stays a number if the enum is open, and
 * counts as an unknown field if it is closed.
 */
export function enumCodec(desc: DescEnum): ScalarCodec<number> {
  if (desc.typeName === NULL_VALUE) return nullValue
  const numbers = new Map(desc.values.map(({ name, number }) => [name, number]))
  // The first of several aliases is the name, as in the JSON mapping.
  const names = new Map([...desc.values].reverse().map(({ name, number }) => [number, name]))
  const shown = [...numbers.keys()].slice(0, SHOWN).join(', ')
  return {
    name: `enum ${desc.typeName} (${shown}${numbers.size > SHOWN ? ', …' : ''})`,
    wireType: VARINT,
    zero: names.get(0) ?? desc.values[0]?.name ?? 0,
    accept(value) {
      const number =
        typeof value === 'string' ? numbers.get(value) : integerOf(value, -(2 ** 31), 2 ** 31 - 1)
      return number !== undefined && (desc.open || names.has(number)) ? number : undefined
    },
    isZero: (accepted) => accepted === 0,
    write: (writer, accepted) => void writer.int32(accepted),
    read(reader) {
      const number = reader.int32()
      return names.get(number) ?? (desc.open ? number : undefined)
    },
  }
}

const nullValue: ScalarCodec<number> = {
  name: 'null',
  wireType: VARINT,
  zero: null,
  accept: (value) => (value === null || value === 'NULL_VALUE' || value === 0 ? 0 : undefined),
  isZero: (accepted) => accepted === 0,
  write: (writer, accepted) => void writer.int32(accepted),
  read(reader) {
    reader.int32()
    return null
  },
}
