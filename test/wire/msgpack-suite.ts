import type { Value } from '../../src/core/value.js'

/**
 * The cases of the published MessagePack test suite (kawanet/msgpack-test-suite), by its groups: a value, and every
 * encoding of it that the specification allows. Written from the specification's formats and their boundaries.
 */
export interface Case {
  /** What the bytes decode to. */
  readonly value: Value
  /** In hexadecimal; an encoder has to give one of them. */
  readonly encodings: readonly string[]
}

const ascii = (text: string) => Buffer.from(text).toString('hex')
const text = (value: string, ...heads: readonly string[]): Case => ({
  value,
  encodings: heads.map((head) => head + ascii(value)),
})
const number = (value: number, ...encodings: readonly string[]): Case => ({ value, encodings })
const bytes = (value: readonly number[], ...encodings: readonly string[]): Case => ({
  value: Uint8Array.from(value),
  encodings,
})
const other = (value: Value, ...encodings: readonly string[]): Case => ({ value, encodings })

export const SUITE: Readonly<Record<string, readonly Case[]>> = {
  'nil and bool': [other(null, 'c0'), other(false, 'c2'), other(true, 'c3')],

  binary: [
    bytes([], 'c400', 'c50000', 'c600000000'),
    bytes([1], 'c40101', 'c5000101', 'c60000000101'),
    bytes([0, 255], 'c40200ff', 'c5000200ff', 'c60000000200ff'),
  ],

  'positive numbers': [
    number(
      0,
      '00',
      'cc00',
      'cd0000',
      'ce00000000',
      'cf0000000000000000',
      'd000',
      'd10000',
      'd200000000',
      'd30000000000000000',
      'ca00000000',
      'cb0000000000000000',
    ),
    number(
      1,
      '01',
      'cc01',
      'cd0001',
      'ce00000001',
      'cf0000000000000001',
      'd001',
      'd10001',
      'd200000001',
      'd30000000000000001',
      'ca3f800000',
      'cb3ff0000000000000',
    ),
    number(
      127,
      '7f',
      'cc7f',
      'cd007f',
      'ce0000007f',
      'cf000000000000007f',
      'd07f',
      'd1007f',
      'd20000007f',
      'd3000000000000007f',
    ),
    number(
      128,
      'cc80',
      'cd0080',
      'ce00000080',
      'cf0000000000000080',
      'd10080',
      'd200000080',
      'd30000000000000080',
    ),
    number(
      255,
      'ccff',
      'cd00ff',
      'ce000000ff',
      'cf00000000000000ff',
      'd100ff',
      'd2000000ff',
      'd300000000000000ff',
    ),
    number(256, 'cd0100', 'ce00000100', 'cf0000000000000100', 'd10100', 'd200000100', 'd30000000000000100'),
    number(32767, 'cd7fff', 'ce00007fff', 'cf0000000000007fff', 'd17fff', 'd200007fff', 'd30000000000007fff'),
    number(65535, 'cdffff', 'ce0000ffff', 'cf000000000000ffff', 'd20000ffff', 'd3000000000000ffff'),
    number(65536, 'ce00010000', 'cf0000000000010000', 'd200010000', 'd30000000000010000'),
    number(2147483647, 'ce7fffffff', 'cf000000007fffffff', 'd27fffffff', 'd3000000007fffffff'),
    number(
      2147483648,
      'ce80000000',
      'cf0000000080000000',
      'd30000000080000000',
      'ca4f000000',
      'cb41e0000000000000',
    ),
    number(4294967295, 'ceffffffff', 'cf00000000ffffffff', 'd300000000ffffffff', 'cb41efffffffe00000'),
    number(4294967296, 'cf0000000100000000', 'd30000000100000000', 'ca4f800000', 'cb41f0000000000000'),
    number(281474976710656, 'cf0001000000000000', 'd30001000000000000', 'ca57800000', 'cb42f0000000000000'),
    number(9007199254740991, 'cf001fffffffffffff', 'd3001fffffffffffff', 'cb433fffffffffffff'),
  ],

  'negative numbers': [
    number(
      -1,
      'ff',
      'd0ff',
      'd1ffff',
      'd2ffffffff',
      'd3ffffffffffffffff',
      'cabf800000',
      'cbbff0000000000000',
    ),
    number(
      -32,
      'e0',
      'd0e0',
      'd1ffe0',
      'd2ffffffe0',
      'd3ffffffffffffffe0',
      'cac2000000',
      'cbc040000000000000',
    ),
    number(-33, 'd0df', 'd1ffdf', 'd2ffffffdf', 'd3ffffffffffffffdf'),
    number(-128, 'd080', 'd1ff80', 'd2ffffff80', 'd3ffffffffffffff80'),
    number(-129, 'd1ff7f', 'd2ffffff7f', 'd3ffffffffffffff7f'),
    number(-256, 'd1ff00', 'd2ffffff00', 'd3ffffffffffffff00'),
    number(-32768, 'd18000', 'd2ffff8000', 'd3ffffffffffff8000'),
    number(-32769, 'd2ffff7fff', 'd3ffffffffffff7fff'),
    number(-65536, 'd2ffff0000', 'd3ffffffffffff0000'),
    number(-2147483648, 'd280000000', 'd3ffffffff80000000', 'cacf000000', 'cbc1e0000000000000'),
    number(-2147483649, 'd3ffffffff7fffffff', 'cbc1e0000000200000'),
    number(-4294967296, 'd3ffffffff00000000', 'cacf800000', 'cbc1f0000000000000'),
    number(-9007199254740991, 'd3ffe0000000000001', 'cbc33fffffffffffff'),
  ],

  'floating point': [
    number(0.5, 'ca3f000000', 'cb3fe0000000000000'),
    number(-0.5, 'cabf000000', 'cbbfe0000000000000'),
    number(0.1, 'cb3fb999999999999a'),
    number(1e300, 'cb7e37e43c8800759c'),
    number(5e-324, 'cb0000000000000001'),
    number(Number.MAX_VALUE, 'cb7fefffffffffffff'),
    number(Number.NaN, 'cb7ff8000000000000', 'ca7fc00000'),
    number(Number.POSITIVE_INFINITY, 'ca7f800000', 'cb7ff0000000000000'),
    number(Number.NEGATIVE_INFINITY, 'caff800000', 'cbfff0000000000000'),
  ],

  'strings, ASCII': [
    text('', 'a0', 'd900', 'da0000', 'db00000000'),
    text('a', 'a1', 'd901', 'da0001', 'db00000001'),
    text('1234567890123456789012345678901', 'bf', 'd91f', 'da001f', 'db0000001f'),
    text('12345678901234567890123456789012', 'd920', 'da0020', 'db00000020'),
    text('x'.repeat(255), 'd9ff', 'da00ff', 'db000000ff'),
    text('x'.repeat(256), 'da0100', 'db00000100'),
    text('x'.repeat(65535), 'daffff', 'db0000ffff'),
    text('x'.repeat(65536), 'db00010000'),
  ],

  'strings, UTF-8': [
    text('Кириллица', 'b2', 'd912', 'da0012', 'db00000012'),
    text('ひらがな', 'ac', 'd90c', 'da000c', 'db0000000c'),
    text('한글', 'a6', 'd906', 'da0006', 'db00000006'),
    text('汉字', 'a6', 'd906', 'da0006', 'db00000006'),
    text('\u0000', 'a1', 'd901', 'da0001', 'db00000001'),
    text('\ufeffmark', 'a7', 'd907', 'da0007', 'db00000007'),
  ],

  'strings, emoji': [
    text('❤', 'a3', 'd903', 'da0003', 'db00000003'),
    text('🍺', 'a4', 'd904', 'da0004', 'db00000004'),
    text('👨‍👩‍👧‍👦', 'b9', 'd919', 'da0019', 'db00000019'),
  ],

  arrays: [
    other([], '90', 'dc0000', 'dd00000000'),
    other([1], '9101', 'dc000101', 'dd0000000101'),
    other(
      [...Array(15).keys()].map((n) => n + 1),
      '9f0102030405060708090a0b0c0d0e0f',
      'dc000f0102030405060708090a0b0c0d0e0f',
    ),
    other(
      [...Array(16).keys()],
      'dc0010000102030405060708090a0b0c0d0e0f',
      'dd00000010000102030405060708090a0b0c0d0e0f',
    ),
    other(['a'], '91a161', 'dc0001a161', 'dd00000001a161'),
    other(Array(65536).fill(null), `dd00010000${'c0'.repeat(65536)}`),
  ],

  maps: [
    other({}, '80', 'de0000', 'df00000000'),
    other({ a: 1 }, '81a16101', 'de0001a16101', 'df00000001a16101'),
    other({ a: 'A' }, '81a161a141', 'de0001a161a141', 'df00000001a161a141'),
    other({ '': null }, '81a0c0', '81d900c0', 'de0001a0c0'),
    other(
      Object.fromEntries('abcdefghijklmnop'.split('').map((key) => [key, 0])),
      `de0010${[...'abcdefghijklmnop'].map((key) => `a1${ascii(key)}00`).join('')}`,
      `df00000010${[...'abcdefghijklmnop'].map((key) => `a1${ascii(key)}00`).join('')}`,
    ),
  ],

  nested: [
    other([[]], '9190', 'dc0001dc0000', 'dd00000001dd00000000'),
    other([{}], '9180', 'dc000180', 'dd0000000180'),
    other({ a: {} }, '81a16180', 'de0001a161de0000', 'df00000001a161df00000000'),
    other({ a: [] }, '81a16190', 'de0001a16190', 'df00000001a16190'),
    other([{ a: [null, { b: new Uint8Array([7]) }] }], '9181a16192c081a162c40107'),
  ],
}

/** Timestamps, which arrive as their ISO text, to the millisecond. */
export const TIMESTAMPS: readonly Case[] = [
  other('2018-01-02T03:04:05.000Z', 'd6ff5a4af6a5', 'd7ff000000005a4af6a5', 'c70cff00000000000000005a4af6a5'),
  other('2018-01-02T03:04:05.678Z', 'd7ffa1a5d6005a4af6a5', 'c70cff28697580000000005a4af6a5'),
  other('2018-01-02T03:04:05.678Z', 'd7ffa1dcd7c85a4af6a5', 'c70cff287735f2000000005a4af6a5'),
  other('2106-02-07T06:28:15.000Z', 'd6ffffffffff', 'd7ff00000000ffffffff', 'c70cff0000000000000000ffffffff'),
  other('2106-02-07T06:28:16.000Z', 'd7ff0000000100000000', 'c70cff000000000000000100000000'),
  other('1969-12-31T23:59:59.000Z', 'c70cff00000000ffffffffffffffff'),
  other('1970-01-01T00:00:00.000Z', 'd6ff00000000', 'd7ff0000000000000000', 'c70cff000000000000000000000000'),
]

/** Integers beyond 2^53, which arrive as the nearest number. */
export const BIGNUMS: readonly Case[] = [
  other('18446744073709551615', 'cfffffffffffffffff'),
  other('9223372036854775808', 'cf8000000000000000'),
  other('9223372036854774784', 'cf7ffffffffffffc00', 'd37ffffffffffffc00'),
  other('-9223372036854775808', 'd38000000000000000'),
  other('9007199254740993', 'cf0020000000000001', 'd30020000000000001'),
  other('9007199254740992', 'cf0020000000000000', 'd30020000000000000'),
  other('-9007199254740992', 'd3ffe0000000000000'),
  other('-9007199254740993', 'd3ffdfffffffffffff'),
]

/** The largest that are numbers, and floating point, which is a number whatever its size. */
export const LARGE_NUMBERS: readonly Case[] = [
  number(2 ** 53 - 1, 'cf001fffffffffffff', 'd3001fffffffffffff'),
  number(-(2 ** 53 - 1), 'd3ffe0000000000001'),
  number(2 ** 63, 'cb43e0000000000000'),
  number(-(2 ** 63), 'cbc3e0000000000000'),
]

/** Extensions of applications, which are refused: type 16 with 1, 2, 4, 8 and 16 bytes, and of any length. */
export const EXTENSIONS: readonly string[] = [
  'd41010',
  'd5102021',
  'd61030313233',
  'd7104041424344454647',
  'd810505152535455565758595a5b5c5d5e5f',
  'c70010',
  'c70310616263',
  'c8000310616263',
  'c90000000310616263',
]
