import { expect, test } from 'vitest'
import { systemRandom } from '../../src/core/random.js'
import { SeededRandom } from '../../src/testing/index.js'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test.each([
  ['the machine', systemRandom],
  ['a seed', new SeededRandom(7)],
])('%s gives numbers, UUIDs of version 4 and bytes', (_, random) => {
  const { number, uuid, bytes } = random
  for (let n = 0; n < 1_000; n++) {
    const drawn = number()
    expect(drawn >= 0 && drawn < 1).toBe(true)
  }
  const ids = Array.from({ length: 100 }, uuid)
  for (const id of ids) expect(id).toMatch(UUID)
  expect(new Set(ids).size).toBe(ids.length)
  expect(bytes(11)).toHaveLength(11)
  expect(bytes(16).equals(bytes(16))).toBe(false)
})

test('a seed decides everything that follows', () => {
  const draw = (seed: number) => {
    const random = new SeededRandom(seed)
    return [random.number(), random.uuid(), random.bytes(4).toString('hex'), random.number()]
  }
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})
