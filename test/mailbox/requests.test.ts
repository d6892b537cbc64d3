import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VERBS } from '../../src/mailbox/protocol.js'
import {
  type IncomingRequest,
  type OutgoingRequest,
  RequestReader,
  RequestWriter,
} from '../../src/mailbox/requests.js'

const request: fc.Arbitrary<OutgoingRequest> = fc.record({
  operation: fc.nat(),
  verb: fc.constantFrom(...VERBS),
  target: fc.constantFrom('', 'a', 'b/c', 'ü'),
  value: fc.oneof(
    fc.jsonValue(),
    fc.uint8Array({ maxLength: 20 }),
    fc.constant(undefined),
    fc.constant(null),
  ),
  options: fc.option(
    fc.record({ qos: fc.constantFrom(0, 1, 2), headers: fc.dictionary(fc.string(), fc.string()) }),
    {
      nil: undefined,
    },
  ) as fc.Arbitrary<OutgoingRequest['options']>,
  deadline: fc.oneof(fc.constant(0), fc.nat()),
})

describe('requests', () => {
  test('come out of the columns as they went in, batch after batch', () => {
    fc.assert(
      fc.property(fc.array(fc.array(request, { maxLength: 10 }), { maxLength: 6 }), (batches) => {
        const [writer, reader] = [new RequestWriter(), new RequestReader()]
        let first = 0
        for (const requests of batches) {
          const { batch, transfer } = writer.write(first, requests)
          const seen: IncomingRequest[] = []
          reader.read(structuredClone(batch, { transfer }), (each) => seen.push(each))
          expect(seen).toEqual(requests.map((each, i) => ({ ...each, seq: first + i })))
          first += requests.length
        }
      }),
    )
  })

  test('the caller keeps its bytes: what is transferred is a copy', () => {
    const value = new Uint8Array([1, 2, 3])
    const { batch, transfer } = new RequestWriter().write(0, [
      { operation: 3, verb: 'publish', target: 't', value, options: undefined, deadline: 0 },
    ])
    structuredClone(batch, { transfer })
    expect([...value]).toEqual([1, 2, 3])
  })

  test('what nobody uses does not cross', () => {
    const plain = { verb: 'publish', target: 't', value: 1, options: undefined, deadline: 0 } as const
    const requests = [
      { ...plain, operation: 3 },
      { ...plain, operation: 4 },
    ]
    const { batch } = new RequestWriter().write(5, requests)
    expect(batch).toEqual({
      first: 5,
      operations: 3,
      names: { first: 0, added: ['t'] },
      verbs: [3, 3],
      targets: [0, 0],
      values: [1, 1],
      bytes: undefined,
      options: undefined,
      deadlines: undefined,
    })
  })
})
