import { inspect } from 'node:util'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { Metadata, status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { writeApplicationError } from '../../../src/adapters/grpc/app-error.js'
import { addHeaders, headersOf } from '../../../src/adapters/grpc/metadata.js'
import { decodeStatusDetails, schemaFromDescriptorSet } from '../../../src/adapters/grpc/schema/index.js'
import { statusError } from '../../../src/adapters/grpc/status.js'
import { SecretMask } from '../../../src/adapters/secret-mask.js'
import { RpcError } from '../../../src/core/errors/rpc.js'

const schema = schemaFromDescriptorSet(new Uint8Array(0))
const context = {
  integration: 'it',
  server: 'host:1',
  mask: new SecretMask(['hunter2-token']),
  details: (bytes: Uint8Array) => decodeStatusDetails(bytes, schema),
}
const errorOf = (code: number, details = 'why', metadata = new Metadata()) =>
  statusError({ code, details, metadata }, 'call a.B/C', context)

/** A `google.rpc.Status` with one detail. */
function rich(code: number, type: string, detail: Uint8Array): Metadata {
  const writer = new BinaryWriter()
  writer.tag(1, WireType.Varint).int32(code)
  writer.tag(3, WireType.LengthDelimited).fork()
  writer.tag(1, WireType.LengthDelimited).string(`type.googleapis.com/${type}`)
  writer.tag(2, WireType.LengthDelimited).bytes(detail)
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', Buffer.from(writer.join().finish()))
  return metadata
}

/** A `google.rpc.RetryInfo` of 1.5 s. */
const retryInfo = () => {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).fork()
  return writer.tag(1, WireType.Varint).int64(1).tag(2, WireType.Varint).int32(500_000_000).join().finish()
}

describe('a status', () => {
  test.each([
    [status.CANCELLED, { kind: 'rpc', code: 1, retryable: false }],
    [status.UNKNOWN, { kind: 'rpc', code: 2, message: 'why' }],
    [status.INVALID_ARGUMENT, { kind: 'rpc', code: 3 }],
    [status.DEADLINE_EXCEEDED, { kind: 'timeout', operation: 'call a.B/C' }],
    [status.NOT_FOUND, { kind: 'rpc', code: 5 }],
    [status.PERMISSION_DENIED, { kind: 'rpc', code: 7 }],
    [status.RESOURCE_EXHAUSTED, { kind: 'rpc', code: 8, retryable: false }],
    [status.UNIMPLEMENTED, { kind: 'rpc', code: 12 }],
    [status.INTERNAL, { kind: 'rpc', code: 13 }],
    [status.UNAVAILABLE, { kind: 'connection', retryable: true, errorClass: 'service-unavailable' }],
    [status.DATA_LOSS, { kind: 'rpc', code: 15 }],
    [status.UNAUTHENTICATED, { kind: 'auth', retryable: false }],
    [99, { kind: 'rpc', code: 99 }],
  ])('%i', (code, expected) => {
    expect(errorOf(code)).toMatchObject({ ...expected, integration: 'it' })
  })

  test('without words is called by its name', () => {
    expect(errorOf(status.ABORTED, '').message).toBe('ABORTED')
    expect(errorOf(77, '').message).toBe('code 77')
  })

  test('of a connection that was reset, or a call that was, is a loss of the connection', () => {
    for (const [code, details] of [
      [status.UNAVAILABLE, 'Connection dropped'],
      [status.UNAVAILABLE, 'read ECONNRESET'],
      [status.CANCELLED, 'Call cancelled'],
    ] as const)
      expect(errorOf(code, details)).toMatchObject({ kind: 'connection', errorClass: 'connection-reset' })
  })

  test('does not repeat what a server says of our credentials', () => {
    expect(errorOf(status.UNAUTHENTICATED, 'who is s3cr3t?').message).not.toContain('s3cr3t')
  })
})

describe('the details of a status', () => {
  test('are decoded; a type that is not known is bytes', () => {
    const known = errorOf(status.INVALID_ARGUMENT, 'why', rich(3, 'google.rpc.RetryInfo', retryInfo()))
    expect(known).toMatchObject({
      data: { details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.500s' }] },
    })
    const unknown = errorOf(status.INVALID_ARGUMENT, 'why', rich(3, 'a.B', Uint8Array.of(1, 2)))
    expect(unknown).toMatchObject({
      data: { details: [{ '@type': 'type.googleapis.com/a.B', value: 'AQI=' }] },
    })
  })

  test('say when to come again', () => {
    const metadata = () => rich(8, 'google.rpc.RetryInfo', retryInfo())
    expect(errorOf(status.RESOURCE_EXHAUSTED, '', metadata())).toMatchObject({
      kind: 'rpc',
      retryable: true,
      retryAfterMs: 1_500,
    })
    expect(errorOf(status.UNAVAILABLE, '', metadata())).toMatchObject({
      kind: 'connection',
      retryAfterMs: 1_500,
    })
  })

  test('that are nonsense are left out', () => {
    const metadata = new Metadata()
    metadata.set('grpc-status-details-bin', Buffer.from([255, 255, 255]))
    metadata.set('nemo-rpc-error-bin', Buffer.from('{"code":"x"}'))
    expect(errorOf(status.ABORTED, 'why', metadata)).toMatchObject({ kind: 'rpc', code: 10, message: 'why' })
  })
})

test('an error of an application keeps its code and data, unless they are too large for trailers', () => {
  const carried = (data: unknown) => {
    const metadata = new Metadata()
    writeApplicationError(metadata, new RpcError(-7, 'no', data))
    return errorOf(status.UNKNOWN, 'no', metadata)
  }
  expect(carried({ a: [1, 'ü'] })).toMatchObject({ code: -7, message: 'no', data: { a: [1, 'ü'] } })
  expect(carried(undefined)).toMatchObject({ code: -7, data: undefined })
  expect(carried('x'.repeat(100_000))).toMatchObject({ code: -7, data: undefined })
  expect(carried(new Map())).toMatchObject({ code: -7, data: undefined })
})

test('metadata and headers', () => {
  const metadata = new Metadata()
  addHeaders(metadata, { 'X-A': '1', 'b-bin': 'AQI=' })
  metadata.add('x-a', '2')
  metadata.set('grpc-encoding', 'gzip')
  expect(headersOf(metadata)).toEqual({ 'x-a': '1, 2', 'b-bin': 'AQI=' })
  expect(headersOf(undefined)).toEqual({})
})

test('credentials that a server repeats are not shown, in its words, its metadata and the data of its error', () => {
  const words = 'who is Bearer hunter2-token?'
  const metadata = new Metadata()
  addHeaders(metadata, { echo: words })
  const own = new Metadata()
  writeApplicationError(own, new RpcError(1, words, { words }))
  for (const code of [status.UNKNOWN, status.UNAVAILABLE, status.PERMISSION_DENIED, status.UNAUTHENTICATED])
    for (const sent of [new Metadata(), metadata, own]) {
      const error = errorOf(code, words, sent)
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2')
      if (code !== status.UNAUTHENTICATED) expect(error.message).toContain('who is Bearer ****?')
    }
})
