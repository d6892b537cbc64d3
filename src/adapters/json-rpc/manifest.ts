import { z } from 'zod'
import type { AdapterManifest } from '../../core/manifest.js'
import { duration, size } from '../config-kinds.js'
import { isOverWebSocket } from './shared.js'

const FRAMING = /^(content-length|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer)$/i

const headers = z.record(
  z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'expected the name of an HTTP header' })
    .refine((name) => !FRAMING.test(name), { error: 'this header belongs to the connection' }),
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, { error: 'expected text that an HTTP header can carry' }),
)

/** The `config` block (specification, "JSON-RPC Adapter"), durations in milliseconds. */
const config = z.strictObject({
  version: z
    .literal('2.0', { error: 'expected "2.0", the only version there is' })
    .default('2.0')
    .describe('The version of the protocol.'),
  strict: z
    .boolean()
    .default(false)
    .describe(
      'Whether answers are read by the letter of the specification; by default as existing servers write them.',
    ),
  timeout: duration
    .optional()
    .describe("Time allowed for one attempt; the configuration makes it the integration's."),
  batch_size: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe(
      'From 2 on, calls and notifications made at the same time travel in one request, so many at most; a larger `batch` is sent as several.',
    ),
  batch_delay: duration
    .default(0)
    .describe('How long a batch that is not full waits for more while others are under way.'),
  max_response: size
    .optional()
    .describe('Bytes of one answer at most; `limits { frame }` where it is smaller.'),
  pool_size: z.int().min(1).max(256).default(8).describe('Connections to each address at most.'),
  pipelining: z
    .int()
    .min(1)
    .max(256)
    .default(1)
    .describe(
      'Requests sent on a connection before the first is answered; beyond 1 for idempotent methods only.',
    ),
  headers: headers.default({}).describe('Sent with every request.'),
  max_in_flight: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('Over WebSocket: calls without an answer at most.'),
  ping_interval: duration
    .default(30_000)
    .describe(
      'Over WebSocket: how long the server may be silent before it is asked for a sign of life; 0: it never is.',
    ),
  unsubscribe_method: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Over WebSocket: ends a subscription that a call has opened; by default the counterpart of its name.',
    ),
  keep_alive: duration
    .default(4000)
    .describe('How long an idle connection is kept, unless the server says otherwise.'),
})

export type JsonRpcConfig = z.infer<typeof config>

/** The `config` block of a server. */
const serverConfig = z.strictObject({
  max_request: size
    .default(1024 * 1024)
    .describe('Bytes of one request at most; `limits { frame }` where it is smaller.'),
  max_batch: z.int().min(1).max(100_000).default(1000).describe('Requests in a batch at most.'),
  max_connections: z
    .int()
    .min(1)
    .default(1000)
    .describe('Connections at a time; further ones are closed at once.'),
  max_in_flight: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('Messages of one WebSocket that are being answered, at most.'),
  header_timeout: duration.default(10_000).describe('How long a caller may take for the head of a request.'),
  request_timeout: duration
    .default(30_000)
    .describe(
      'How long a caller may take for the whole of a request or of a message over WebSocket, and between two reads of an answer.',
    ),
  keep_alive: duration.default(15_000).describe('How long an idle connection is kept.'),
  websocket: z
    .boolean()
    .default(true)
    .describe('Whether it also speaks WebSocket, at the same port and path.'),
  ping_interval: duration
    .default(30_000)
    .describe('How long a WebSocket may be silent before it is asked for a sign of life; 0: it never is.'),
  origins: z
    .array(z.string().min(1))
    .default([])
    .describe('Web pages that may open a WebSocket, beside those of our own host; "*" for all.'),
  forward_headers: z
    .array(z.string().min(1).toLowerCase())
    .default([])
    .describe('The headers of a request that its handler is to see.'),
})

export type JsonRpcServerConfig = z.infer<typeof serverConfig>

/** JSON-RPC 2.0 over HTTP and WebSocket. */
export const jsonRpcManifest: AdapterManifest = {
  type: 'json-rpc',
  capabilities: ['call', 'notify', 'batch', 'publish', 'subscribe'],
  variant: (settings) =>
    isOverWebSocket(settings)
      ? undefined
      : {
          capabilities: ['call', 'notify', 'batch'],
          name: 'json-rpc with an http address (an address with ws:// or wss:// has it)',
        },
  remarks: {
    call: 'yes, batch, notification',
    serve: 'yes (`server` block)',
    publish: 'notification over WebSocket',
    subscribe: 'notifications over WebSocket',
  },
  defaultFormat: 'json',
  formats: ['json'],
  auth: ['none', 'basic', 'bearer', 'jwt', 'mtls', 'oauth2'],
  config,
  balances: ['round_robin', 'least_pending'],
  needsEndpoint: true,
  addresses: { schemes: { http: 80, https: 443, ws: 80, wss: 443 }, secured: { http: 'https', ws: 'wss' } },
  worker: () => new URL('../../../workers/json-rpc.mjs', import.meta.url),
  server: {
    type: 'json-rpc',
    defaultFormat: 'json',
    formats: ['json'],
    config: serverConfig,
    worker: () => new URL('../../../workers/json-rpc-server.mjs', import.meta.url),
  },
}
