import { expect, test } from 'vitest'
import { readBatchReply, readReply } from '../../../src/adapters/json-rpc/reply.js'
import { SecretMask } from '../../../src/adapters/secret-mask.js'
import { SerializeError } from '../../../src/core/errors/operation.js'
import { RpcError } from '../../../src/core/errors/rpc.js'
import type { Value } from '../../../src/core/value.js'

const VALUES: readonly (Value | undefined)[] = [
  undefined,
  null,
  false,
  0,
  1,
  1.5,
  -32000,
  '',
  '1',
  'text',
  [],
  [1],
  {},
  { code: 1, message: 'm' },
  { code: '7', message: 'm', data: null },
  { code: null, message: 5, data: { a: 1 } },
  { __proto__: null, constructor: 1 } as never,
]

/** Every answer that can be made of these values as version, id, result and error. */
function* replies(): Generator<Value> {
  for (const jsonrpc of ['2.0', undefined])
    for (const id of VALUES)
      for (const result of VALUES)
        for (const error of VALUES) {
          const members = { jsonrpc, id, result, error }
          yield JSON.parse(JSON.stringify(members)) as Value
        }
}

test.each([true, false])('any answer is a result or an error of ours, read strictly (%s)', (strict) => {
  const rules = { integration: 'it', strict, mask: new SecretMask() }
  for (const reply of replies()) {
    const { id, result, error } = reply as { id?: Value; result?: Value; error?: Value }
    const one = readReply(reply, 1, rules)
    const [first, second] = readBatchReply([reply], 1, 2, rules)
    for (const outcome of [one, first!, second!])
      if (!outcome.ok)
        expect(outcome.error instanceof RpcError || outcome.error instanceof SerializeError).toBe(true)
    // An answer to another call is never taken, and an error is never taken for a result.
    if (one.ok) {
      expect(strict ? id === 1 : id === 1 || id === '1').toBe(true)
      expect(error ?? null).toBe(null)
      expect(one.value).toEqual(result ?? null)
    } else if (one.error instanceof RpcError) {
      expect(
        strict ? id === 1 || id === null : id === 1 || id === '1' || id === null || id === undefined,
      ).toBe(true)
      expect(one.error.message).toBeTypeOf('string')
      expect(one.error.code).toBeTypeOf('number')
    }
    if (first!.ok) expect(first!.value).toEqual(result ?? null)
  }
})
