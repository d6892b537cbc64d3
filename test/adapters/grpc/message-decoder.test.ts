import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { type MessageDecoder, writerOf } from '../../../src/adapters/grpc/message-decoder.js'

const { StreamDecoder } = createRequire(import.meta.url)('@grpc/grpc-js/build/src/stream-decoder.js') as {
  StreamDecoder: new (most: number) => MessageDecoder
}

function message(text: string): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(text.length, 1)
  return Buffer.concat([head, Buffer.from(text)])
}

test('a decoder keeps the pieces of a message only until it is complete', () => {
  const decoder = new StreamDecoder(-1)
  const write = writerOf(decoder)
  const [one, two] = [message('x'.repeat(1_000)), message('y'.repeat(1_000))]
  expect(write(one.subarray(0, 500))).toEqual([])
  expect(decoder.readPartialMessage).toHaveLength(1)
  expect(write(one.subarray(500))).toEqual([one])
  expect(decoder.readPartialMessage).toEqual([])
  // The end of one message and the beginning of the next.
  write(one.subarray(0, 500))
  expect(write(Buffer.concat([one.subarray(500), two.subarray(0, 500)]))).toEqual([one])
  expect(decoder.readPartialMessage).toHaveLength(1)
  expect(write(Buffer.concat([two.subarray(500), two.subarray(0, 3)]))).toEqual([two])
  expect(decoder.readPartialMessage).toEqual([])
  expect(write(two.subarray(3))).toEqual([two])
})
