import { constants } from 'node:http2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IntegrationError } from '../../../src/core/errors/integration-error.js'
import { Gateway } from '../../../src/gateway.js'
import { waitFor } from '../../support/wait-for.js'
import {
  type Answer,
  answerWith,
  frame,
  good,
  type HostileServer,
  hostileServer,
  MESSAGE,
} from './hostile-server.js'

let server: HostileServer
let gateway: Gateway

beforeAll(async () => {
  server = await hostileServer()
  gateway = await Gateway.start({
    integrations: {
      it: {
        type: 'grpc',
        endpoint: { address: '127.0.0.1', port: server.port },
        config: { proto: server.proto, service: 'bad.S' },
        timeout: '10s',
        retry: { max_attempts: 1 },
        reconnect: { delay: '10ms', max_delay: '20ms' },
        circuit_breaker: { failure_threshold: 1_000_000 },
      },
    },
  })
  await connected()
})

afterAll(async () => {
  await gateway.shutdown({ timeout: 0 })
  await server.stop()
})

const connected = () =>
  waitFor(() => gateway.connections.status('it').state === 'connected', { what: 'the connection' })
const restarts = () => gateway.metrics().integrations.it!.restarts

/** Makes a call and waits until it is at the server, which answers it at `release`. */
async function neighbourCall(): Promise<{ readonly answered: Promise<unknown> }> {
  const before = server.count('Good')
  const answered = gateway.rpc('it').call('Good', {})
  await waitFor(() => server.count('Good') > before, { what: 'the other call to be at the server' })
  return { answered }
}

const KINDS = ['Unary', 'Client', 'Server', 'Bidi', 'subscribe'] as const
type Kind = (typeof KINDS)[number]

/** Makes a call, or reads a subscription to its end. */
async function run(kind: Kind): Promise<unknown> {
  if (kind !== 'subscribe') {
    const takesStream = kind === 'Client' || kind === 'Bidi'
    return gateway.rpc('it').call(kind, takesStream ? [{ s: 'x' }] : { s: 'x' })
  }
  const subscription = await gateway.pubsub('it').subscribe('Server', { params: { s: 'x' } })
  try {
    for await (const _ of subscription);
  } finally {
    await subscription.close()
  }
  return undefined
}

/** The error of a run. It is one of ours, and its words are whole. */
async function failure(running: Promise<unknown>): Promise<IntegrationError> {
  const error = await running.then(
    (value) => expect.fail(`it did not fail, but gave ${JSON.stringify(value)}`),
    (reason: IntegrationError) => reason,
  )
  expect(error).toMatchObject({ integration: 'it', kind: expect.stringMatching(/^(rpc|connection)$/) })
  expect(error.message).not.toMatch(/undefined|NaN|\[object|not a function|reading '/)
  return error
}

interface Fault {
  readonly answer: Answer
  /** What the error says. */
  readonly found: RegExp
  readonly code?: number
  /** The kinds of calls for which it is a fault; all unless given. */
  readonly only?: readonly Kind[]
}

const ok = { 'grpc-status': '0' }
const compressed = frame(Buffer.from([10, 1, 97]), { compressed: true })
const ONE_RESPONSE = ['Unary', 'Client'] as const

const FAULTS: Readonly<Record<string, Fault>> = {
  'a compressed message without grpc-encoding': {
    answer: answerWith({ body: compressed, trailers: ok }),
    found: /cannot decompress.*grpc-encoding/,
    code: 13,
  },
  'a compressed message with an unknown grpc-encoding': {
    answer: answerWith({ headers: { 'grpc-encoding': 'br' }, body: compressed, trailers: ok }),
    found: /cannot decompress.*grpc-encoding/,
    code: 13,
  },
  'a message that is not what its grpc-encoding says': {
    answer: answerWith({ headers: { 'grpc-encoding': 'gzip' }, body: compressed, trailers: ok }),
    found: /Failed to decompress/,
    code: 13,
  },
  'a grpc-status that is not a number': {
    answer: answerWith({ body: MESSAGE, trailers: { 'grpc-status': 'bad', 'grpc-message': 'why' } }),
    found: /expected a number as grpc-status.*why/,
    code: 2,
  },
  'a grpc-status that nobody knows': {
    answer: answerWith({ body: MESSAGE, trailers: { 'grpc-status': '77' } }),
    found: /code 77/,
    code: 77,
  },
  'the status CANCELLED': {
    answer: answerWith({ body: MESSAGE, trailers: { 'grpc-status': '1', 'grpc-message': 'no' } }),
    found: /^no$/,
    code: 1,
  },
  'no trailers': { answer: answerWith({ body: MESSAGE }), found: /without gRPC status/, code: 13 },
  'trailers without grpc-status': {
    answer: answerWith({ body: MESSAGE, trailers: { 'x-other': '1' } }),
    found: /without a grpc-status/,
    code: 2,
  },
  'trailers with garbage in binary': {
    answer: answerWith({
      body: MESSAGE,
      trailers: {
        'grpc-status': '3',
        'grpc-message': 'why',
        'grpc-status-details-bin': '!*&',
        'nemo-rpc-error-bin': 'e30=',
        'x-bin': '%%%',
      },
    }),
    found: /^why$/,
    code: 3,
  },
  'a grpc-message with bad percent encoding': {
    answer: answerWith({ body: MESSAGE, trailers: { 'grpc-status': '5', 'grpc-message': '%zz %ff' } }),
    found: /^%zz %ff$/,
    code: 5,
  },
  'another content-type': {
    answer: answerWith({ headers: { 'content-type': 'text/html' }, body: Buffer.from('<html>no</html>') }),
    found: /content-type application\/grpc, found "text\/html"/,
    code: 2,
  },
  'an error of HTTP without grpc-status': {
    answer: answerWith({
      headers: { ':status': 403, 'content-type': 'text/html' },
      body: Buffer.from('<html>no</html>'),
    }),
    found: /HTTP status code 403/,
    code: 7,
  },
  'half a message': {
    answer: answerWith({ body: MESSAGE.subarray(0, 6) }),
    found: /without gRPC status/,
    code: 13,
  },
  'half a message and the status OK': {
    answer: answerWith({ body: MESSAGE.subarray(0, 6), trailers: ok }),
    found: /expected one response, found (none|0)/,
    code: 13,
    only: ONE_RESPONSE,
  },
  'no response and the status OK': {
    answer: answerWith({ trailers: ok }),
    found: /expected one response, found (none|0)/,
    code: 13,
    only: ONE_RESPONSE,
  },
  'two responses where one is expected': {
    answer: answerWith({ body: Buffer.concat([MESSAGE, MESSAGE]), trailers: ok }),
    found: /expected one response, found (more|2)/,
    code: 13,
    only: ONE_RESPONSE,
  },
  'a message longer than the limit': {
    answer: answerWith({ body: frame(Buffer.alloc(8), { length: 0xffff_ffff }), trailers: ok }),
    found: /larger than max/,
    code: 8,
  },
}

describe.each(Object.entries(FAULTS))('%s', (_, { answer, found, code, only = KINDS }) => {
  test.each(only)('%s: a typed error, once; the actor and its other calls live', async (kind) => {
    await connected()
    server.answer = answer
    const neighbour = await neighbourCall()
    const method = kind === 'subscribe' ? 'Server' : kind
    const before = server.count(method)
    const error = await failure(run(kind))
    expect(error.message).toMatch(found)
    expect(error).toMatchObject({ kind: 'rpc', code })
    server.release()
    expect(await neighbour.answered).toEqual({ s: 'a' })
    expect(server.count(method) - before).toBe(1)
    expect(restarts()).toBe(0)
  })
})

const RST_CODES = [
  ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
  ['PROTOCOL_ERROR', constants.NGHTTP2_PROTOCOL_ERROR],
  ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR],
  ['FLOW_CONTROL_ERROR', constants.NGHTTP2_FLOW_CONTROL_ERROR],
  ['SETTINGS_TIMEOUT', constants.NGHTTP2_SETTINGS_TIMEOUT],
  ['STREAM_CLOSED', constants.NGHTTP2_STREAM_CLOSED],
  ['FRAME_SIZE_ERROR', constants.NGHTTP2_FRAME_SIZE_ERROR],
  ['REFUSED_STREAM', constants.NGHTTP2_REFUSED_STREAM],
  ['CANCEL', constants.NGHTTP2_CANCEL],
  ['COMPRESSION_ERROR', constants.NGHTTP2_COMPRESSION_ERROR],
  ['CONNECT_ERROR', constants.NGHTTP2_CONNECT_ERROR],
  ['ENHANCE_YOUR_CALM', constants.NGHTTP2_ENHANCE_YOUR_CALM],
  ['INADEQUATE_SECURITY', constants.NGHTTP2_INADEQUATE_SECURITY],
  ['HTTP_1_1_REQUIRED', constants.NGHTTP2_HTTP_1_1_REQUIRED],
  ['an unknown code', 99],
] as const

describe.each(RST_CODES)('RST_STREAM with %s', (_, code) => {
  test.each(KINDS)('%s: a typed error; the actor and its other calls live', async (kind) => {
    await connected()
    const neighbour = await neighbourCall()
    server.answer = (stream) => stream.close(code)
    await failure(run(kind))
    if (kind !== 'subscribe') {
      server.answer = (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
        stream.write(MESSAGE, () => stream.close(code))
      }
      await failure(run(kind))
    }
    server.release()
    expect(await neighbour.answered).toEqual({ s: 'a' })
    expect(restarts()).toBe(0)
  })
})

/** What the server has sent when it goes away. */
const MOMENTS: Readonly<Record<string, Answer>> = {
  'before the headers': () => {},
  'after the headers': (stream) => stream.respond({ ':status': 200, 'content-type': 'application/grpc' }),
  'within a message': (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
    stream.write(MESSAGE.subarray(0, 6))
  },
  'before the trailers': (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
    stream.write(MESSAGE)
  },
}

describe.each(Object.entries(MOMENTS))('the server goes away %s', (_, begin) => {
  test.each(KINDS)(
    '%s: a typed error that is no cancellation, and a subscription is restored',
    async (kind) => {
      const codes = [undefined, constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_ENHANCE_YOUR_CALM]
      for (const goaway of kind === 'subscribe' ? codes.slice(0, 2) : codes) {
        await connected()
        const { disconnects } = gateway.metrics().integrations.it!.counts
        server.answer = (stream) => {
          server.answer = good
          begin(stream)
          // On a later turn, when what was sent has left.
          setImmediate(() => {
            if (goaway !== undefined) stream.session?.goaway(goaway)
            setImmediate(() => stream.session?.destroy())
          })
        }
        const running = run(kind)
        if (kind === 'subscribe') await running
        // Node ends the streams with the code of a GOAWAY.
        else if (goaway !== constants.NGHTTP2_ENHANCE_YOUR_CALM)
          expect(await failure(running)).toMatchObject({ kind: 'connection' })
        else await failure(running)
        await waitFor(() => gateway.metrics().integrations.it!.counts.disconnects > disconnects, {
          what: 'the loss to be noticed',
        })
      }
      await connected()
      expect(restarts()).toBe(0)
    },
  )
})

test('a server that announces its end and answers what it has: no call fails', async () => {
  await connected()
  const neighbour = await neighbourCall()
  server.answer = (stream) => {
    stream.session!.goaway(constants.NGHTTP2_NO_ERROR)
    setImmediate(() => good(stream))
  }
  expect(await run('Unary')).toEqual({ s: 'a' })
  server.release()
  expect(await neighbour.answered).toEqual({ s: 'a' })
  await connected()
})
