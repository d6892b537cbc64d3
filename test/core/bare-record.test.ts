import { expect, test } from 'vitest'
import { bareRecord } from '../../src/core/bare-record.js'

test('a bare record has only the names that it is given', () => {
  const record = bareRecord<number>()
  expect(['constructor', 'toString', '__proto__'].filter((name) => name in record)).toEqual([])
  for (const name of ['__proto__', 'constructor']) record[name] = name.length
  expect(Object.entries(record)).toEqual([
    ['__proto__', 9],
    ['constructor', 11],
  ])
  expect(Object.keys(bareRecord())).toEqual([])
  expect(structuredClone(bareRecord())).toEqual({})
})
