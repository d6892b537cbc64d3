import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Gateway } from '../../../../src/gateway.js'
import { type InteropServer, startInteropServer } from '../../../support/python-grpc.js'
import { waitFor } from '../../../support/wait-for.js'

// The cases of gRPC's interoperability tests, with a server of another implementation.

const proto = fileURLToPath(
  new URL('../../../../../test/adapters/grpc/interop/interop.proto', import.meta.url),
)

let server: InteropServer
let gateway: Gateway

beforeAll(async () => {
  server = await startInteropServer()
  const integration = {
    type: 'grpc',
    endpoint: { address: `127.0.0.1:${server.port}` },
    config: { proto, service: 'grpc.testing.TestService' },
  }
  gateway = await Gateway.start({
    integrations: {
      it: integration,
      full: { ...integration, config: { ...integration.config, response_metadata: true } },
    },
  } as Parameters<typeof Gateway.start>[0])
}, 120_000)

afterAll(async () => {
  await gateway?.shutdown({ timeout: 100 })
  await server?.process.kill()
})

const call = <T>(method: string, params?: unknown, options?: object) =>
  gateway.rpc('it').call<T>(method, params, options)

const zeros = (length: number) => new Uint8Array(length)

interface WithPayload {
  readonly payload: { readonly body: Uint8Array }
}

/** Waits until the server says something once more than it has by now. */
function willSay(text: string): () => Promise<unknown> {
  const count = () => server.process.log.split(text).length
  const before = count()
  return () => waitFor(() => count() > before, { what: `the server to say: ${text}` })
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it did not fail',
    (e) => e,
  )

test('empty_unary', async () => {
  expect(await call('EmptyCall', {})).toEqual({})
})

test('large_unary', async () => {
  const request = { response_type: 'COMPRESSABLE', response_size: 314_159, payload: { body: zeros(271_828) } }
  const { payload } = await call<WithPayload>('UnaryCall', request)
  expect(payload.body).toEqual(zeros(314_159))
})

test('client_streaming', async () => {
  const requests = [27_182, 8, 1_828, 45_904].map((size) => ({ payload: { body: zeros(size) } }))
  expect(await call('StreamingInputCall', requests)).toEqual({ aggregatedPayloadSize: 74_922 })
})

const SIZES = [31_415, 9, 2_653, 58_979]

test('server_streaming', async () => {
  const params = { response_parameters: SIZES.map((size) => ({ size })) }
  const sizes: number[] = []
  for await (const { value } of await gateway
    .pubsub('it')
    .subscribe<WithPayload>('StreamingOutputCall', { params }))
    sizes.push(value.payload.body.length)
  expect(sizes).toEqual(SIZES)
  const all = await call<readonly WithPayload[]>('StreamingOutputCall', params)
  expect(all.map(({ payload }) => payload.body.length)).toEqual(SIZES)
})

test('ping_pong', async () => {
  const stream = await gateway.pubsub('it').subscribe<WithPayload>('FullDuplexCall')
  for (const [n, size] of SIZES.entries()) {
    const ping = { response_parameters: [{ size }], payload: { body: zeros(n * 1000) } }
    await gateway.pubsub('it').publish('FullDuplexCall', ping)
    expect((await stream.recv())!.value.payload.body.length).toBe(size)
  }
  await stream.close()
})

test('empty_stream', async () => {
  const stream = await gateway.pubsub('it').subscribe('FullDuplexCall', { params: [] })
  expect(await stream.recv()).toBeUndefined()
})

test('cancel_after_begin', async () => {
  const [began, over] = [willSay('began StreamingInputCall no-deadline'), willSay('over StreamingInputCall')]
  const stream = await gateway.pubsub('it').subscribe('StreamingInputCall')
  await began()
  await stream.close()
  await over()
})

test('cancel_after_first_response', async () => {
  const stream = await gateway.pubsub('it').subscribe<WithPayload>('FullDuplexCall')
  const over = willSay('over FullDuplexCall')
  const ping = { response_parameters: [{ size: 31_415 }], payload: { body: zeros(27_182) } }
  await gateway.pubsub('it').publish('FullDuplexCall', ping)
  expect((await stream.recv())!.value.payload.body.length).toBe(31_415)
  await stream.close()
  await over()
})

test('a call that is cancelled is over at the server', async () => {
  const [began, ended] = [willSay('began StreamingOutputCall deadline'), willSay('over StreamingOutputCall')]
  const controller = new AbortController()
  const params = {
    response_parameters: [{ size: 1, interval_us: 60_000_000 }, { size: 1 }],
  }
  const cancelled = call('StreamingOutputCall', params, { signal: controller.signal })
  await began()
  controller.abort()
  await expect(cancelled).rejects.toMatchObject({ kind: 'cancelled' })
  await ended()
})

test('timeout_on_sleeping_server', async () => {
  const request = {
    payload: { body: zeros(27_182) },
    response_parameters: [{ size: 1, interval_us: 1_000_000 }],
  }
  const began = willSay('began FullDuplexCall deadline')
  const error = await failureOf(call('FullDuplexCall', [request], { timeout: 100 }))
  expect(error).toMatchObject({ kind: 'timeout', operation: 'call FullDuplexCall', integration: 'it' })
  await began()
})

test('custom_metadata', async () => {
  const headers = {
    'x-grpc-test-echo-initial': 'test_initial_metadata_value',
    'x-grpc-test-echo-trailing-bin': Buffer.from([0xab, 0xab, 0xab]).toString('base64'),
  }
  const request = { response_size: 314_159, payload: { body: zeros(271_828) } }
  const answer = await gateway.rpc('full').call<{ value: WithPayload }>('UnaryCall', request, { headers })
  expect(answer).toMatchObject({
    headers: { 'x-grpc-test-echo-initial': 'test_initial_metadata_value' },
    trailers: { 'x-grpc-test-echo-trailing-bin': 'q6ur' },
  })
  expect(answer.value.payload.body.length).toBe(314_159)
  const params = [{ response_parameters: [{ size: 314_159 }] }]
  expect(await gateway.rpc('full').call('FullDuplexCall', params, { headers })).toMatchObject({
    headers: { 'x-grpc-test-echo-initial': 'test_initial_metadata_value' },
    trailers: { 'x-grpc-test-echo-trailing-bin': 'q6ur' },
  })
  const stream = await gateway.pubsub('it').subscribe('FullDuplexCall', { params, headers })
  expect((await stream.recv())!.headers).toEqual({
    'x-grpc-test-echo-initial': 'test_initial_metadata_value',
  })
  await stream.close()
})

test.each([
  ['status_code_and_message', 'test status message'],
  ['special_status_message', '\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n'],
])('%s', async (_, message) => {
  const response_status = { code: 2, message }
  const failed = await failureOf(call('UnaryCall', { response_status }))
  expect(failed).toMatchObject({ kind: 'rpc', code: 2, message, integration: 'it' })
  const stream = await gateway.pubsub('it').subscribe('FullDuplexCall')
  await gateway.pubsub('it').publish('FullDuplexCall', { response_status })
  await expect(stream.recv()).rejects.toMatchObject({ kind: 'rpc', code: 2, message })
  expect(await stream.recv()).toBeUndefined()
})

test('unimplemented_method and unimplemented_service', async () => {
  for (const method of ['UnimplementedCall', 'grpc.testing.UnimplementedService/UnimplementedCall']) {
    const failed = call(method, {})
    await expect(failed).rejects.toMatchObject({ kind: 'rpc', code: 12 })
  }
  await expect(gateway.pubsub('it').subscribe('UnimplementedCall', { params: {} })).rejects.toMatchObject({
    kind: 'rpc',
    code: 12,
  })
})

test('a value that is none of the method names its field, and nothing is sent', async () => {
  await expect(call('UnaryCall', { response_sise: 1 })).rejects.toMatchObject({
    kind: 'serialize',
    message: expect.stringMatching(/call UnaryCall: .*response_sise/),
  })
  await expect(call('UnaryCall', { response_size: 'many' })).rejects.toMatchObject({
    message: expect.stringMatching(/response_size|responseSize/),
  })
})
