import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NameReader, NameWriter } from '../../src/mailbox/names.js'

describe('names', () => {
  test('cross once, and keep their number', () => {
    const writer = new NameWriter()
    expect([writer.number('a'), writer.number('b'), writer.number('a')]).toEqual([0, 1, 0])
    expect(writer.take()).toEqual({ first: 0, added: ['a', 'b'] })
    expect([writer.number('b'), writer.number('c')]).toEqual([1, 2])
    expect(writer.take()).toEqual({ first: 2, added: ['c'] })
    expect(writer.take()).toBeUndefined()
  })

  test('what the reader held before stays readable when the dictionary starts anew', () => {
    const [writer, reader] = [new NameWriter(1), new NameReader()]
    for (const name of ['a', 'b']) writer.number(name)
    reader.learn(writer.take())
    const before = reader.all
    writer.trim()
    expect(writer.number('c')).toBe(0)
    reader.learn(writer.take())
    expect(reader.name(0)).toBe('c')
    expect(before).toEqual(['a', 'b'])
  })

  test('what was lost is sent again', () => {
    const [writer, reader] = [new NameWriter(), new NameReader()]
    writer.number('known')
    reader.learn(writer.take())
    writer.number('lost')
    writer.take()
    writer.forget()
    const number = writer.number('known')
    reader.learn(writer.take())
    expect(reader.name(number)).toBe('known')
  })

  test('the reader knows every name of every batch, whatever is trimmed and lost between them', () => {
    const batch = fc.record({
      names: fc.array(fc.stringMatching(/^[a-f]{1,2}$/), { maxLength: 12 }),
      lost: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 30 }), fc.integer({ min: 1, max: 8 }), (batches, limit) => {
        const [writer, reader] = [new NameWriter(limit), new NameReader()]
        for (const { names, lost } of batches) {
          writer.trim()
          const numbers = names.map((name) => writer.number(name))
          const update = writer.take()
          if (lost) {
            writer.forget()
            continue
          }
          reader.learn(update)
          expect(numbers.map((number) => reader.name(number))).toEqual(names)
        }
      }),
    )
  })
})
