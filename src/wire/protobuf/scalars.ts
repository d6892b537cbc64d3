import { ScalarType } from '@bufbuild/protobuf'
import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Value } from '../../core/value.js'
import { isWellFormed } from '../carrier.js'
import { valueOfLong } from '../long.js'
import { integerOf, longOf, numberOf } from './numbers.js'

/** Wire types (Protocol Buffers, "Encoding", "Message Structure"). */
export const VARINT = 0
const FIXED64 = 1
export const LENGTH = 2
export const START_GROUP = 3
export const END_GROUP = 4
const FIXED32 = 5

/** The codec of a scalar type; `T` is the type in which its values are written. */
export interface ScalarCodec<T = unknown> {
  /** The name of the type in errors. */
  readonly name: string
  readonly wireType: number
  /** The value of an absent field. */
  readonly zero: Value
  /** Converts a value for writing. @returns `undefined` if it is not of this type */
  accept(value: unknown): T | undefined
  isZero(accepted: T): boolean
  write(writer: BinaryWriter, accepted: T): void
  /** Reads a value. @returns `undefined` for a value that counts as an unknown field */
  read(reader: BinaryReader): Value | undefined
}

const INT32 = [-(2 ** 31), 2 ** 31 - 1] as const
const UINT32 = [0, 2 ** 32 - 1] as const
const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const
const UINT64 = [0n, 2n ** 64n - 1n] as const
const FLOAT_MAX = 3.4028234663852886e38
const NAMED: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

type Writes32 = 'int32' | 'uint32' | 'sint32' | 'fixed32' | 'sfixed32'
type Writes64 = 'int64' | 'uint64' | 'sint64' | 'fixed64' | 'sfixed64'

function small(name: Writes32, wireType: number, [min, max]: readonly [number, number]): ScalarCodec<number> {
  return {
    name,
    wireType,
    zero: 0,
    accept: (value) => integerOf(value, min, max),
    isZero: (accepted) => accepted === 0,
    write: (writer, accepted) => void writer[name](accepted),
    read: (reader) => reader[name](),
  }
}

function large(
  name: Writes64,
  wireType: number,
  [min, max]: readonly [bigint, bigint],
): ScalarCodec<number | bigint> {
  return {
    name,
    wireType,
    zero: 0,
    accept: (value) => longOf(value, min, max),
    isZero: (accepted) => accepted === 0 || accepted === 0n,
    write: (writer, accepted) => void writer[name](accepted),
    read: (reader) => valueOfLong(reader[name]()),
  }
}

function floating(name: 'float' | 'double', wireType: number, max: number): ScalarCodec<number> {
  return {
    name,
    wireType,
    zero: 0,
    accept(value) {
      const number = NAMED.get(value) ?? numberOf(value)
      if (number === undefined || !Number.isFinite(number))
        return typeof value === 'string' && !NAMED.has(value) ? undefined : number
      return Math.abs(number) > max ? undefined : number
    },
    isZero: (accepted) => Object.is(accepted, 0),
    write: (writer, accepted) => void writer[name](accepted),
    read: (reader) => reader[name](),
  }
}

const bool: ScalarCodec<boolean> = {
  name: 'bool',
  wireType: VARINT,
  zero: false,
  accept: (value) => (typeof value === 'boolean' ? value : undefined),
  isZero: (accepted) => !accepted,
  write: (writer, accepted) => void writer.bool(accepted),
  read: (reader) => reader.bool(),
}

const string: ScalarCodec<string> = {
  name: 'string',
  wireType: LENGTH,
  zero: '',
  accept: (value) => (typeof value === 'string' && isWellFormed(value) ? value : undefined),
  isZero: (accepted) => accepted === '',
  write: (writer, accepted) => void writer.string(accepted),
  read: (reader) => reader.string(true),
}

const bytes: ScalarCodec<Uint8Array> = {
  name: 'bytes (a Uint8Array)',
  wireType: LENGTH,
  zero: new Uint8Array(0),
  // Text is refused, because much of it looks like base64 by chance.
  accept: (value) => (value instanceof Uint8Array ? value : undefined),
  isZero: (accepted) => accepted.length === 0,
  write: (writer, accepted) => void writer.bytes(accepted),
  // Copied, because the message may be a view of a buffer that its owner reuses.
  read: (reader) => new Uint8Array(reader.bytes()),
}

/** The codecs by the type in a field's descriptor. */
export const SCALARS: Readonly<Record<ScalarType, ScalarCodec>> = {
  [ScalarType.DOUBLE]: floating('double', FIXED64, Number.MAX_VALUE),
  [ScalarType.FLOAT]: floating('float', FIXED32, FLOAT_MAX),
  [ScalarType.INT64]: large('int64', VARINT, INT64),
  [ScalarType.UINT64]: large('uint64', VARINT, UINT64),
  [ScalarType.INT32]: small('int32', VARINT, INT32),
  [ScalarType.FIXED64]: large('fixed64', FIXED64, UINT64),
  [ScalarType.FIXED32]: small('fixed32', FIXED32, UINT32),
  [ScalarType.BOOL]: bool,
  [ScalarType.STRING]: string,
  [ScalarType.BYTES]: bytes,
  [ScalarType.UINT32]: small('uint32', VARINT, UINT32),
  [ScalarType.SFIXED32]: small('sfixed32', FIXED32, INT32),
  [ScalarType.SFIXED64]: large('sfixed64', FIXED64, INT64),
  [ScalarType.SINT32]: small('sint32', VARINT, INT32),
  [ScalarType.SINT64]: large('sint64', VARINT, INT64),
}
