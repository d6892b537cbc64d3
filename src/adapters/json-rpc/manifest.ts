import { z } from 'zod'
import type { AdapterManifest } from '../../core/manifest.js'
import { duration, size } from '../config-kinds.js'
import { HEADER_FAULTS, HEADER_NAME, HEADER_VALUE, isOverWebSocket } from './shared.js'

/** Headers that control the connection. */
const FRAMING = /^(content-length|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer)$/i

const headers = z.record(
  z
    .string()
    .regex(HEADER_NAME, { error: HEADER_FAULTS.name })
    .refine((name) => !FRAMING.test(name), { error: HEADER_FAULTS.framing }),
  z.string().regex(HEADER_VALUE, { error: HEADER_FAULTS.value }),
)

/** Schema of the `config` block of an integration; durations are in milliseconds. */
const config = z.strictObject({
  version: z
    .literal('2.0', { error: 'expected "2.0", the only supported version' })
    .default('2.0')
    .describe('Version of JSON-RPC.'),
  strict: z
    .boolean()
    .default(false)
    .describe(
      'Rejects answers that deviate from the JSON-RPC specification. Otherwise common deviations are accepted, such as `"error": null` beside a result or an id returned as text.',
    ),
  timeout: duration.optional().describe('Time limit of one attempt. Same as `timeout` of the integration.'),
  batch_size: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe(
      'Maximum number of requests in one batch. With 2 or more, calls and notifications made at the same time are combined into one request; a `batch` call with more entries is split.',
    ),
  batch_delay: duration
    .default(0)
    .describe(
      'How long an incomplete batch waits for more requests while other batches are in flight. Example: `"5ms"`.',
    ),
  max_response: size
    .optional()
    .describe('Maximum size of one answer in bytes. If `limits { frame }` is smaller, it applies.'),
  pool_size: z.int().min(1).max(256).default(8).describe('Maximum number of connections to each address.'),
  pipelining: z
    .int()
    .min(1)
    .max(256)
    .default(1)
    .describe(
      'Number of requests sent on a connection before the first is answered. Set it above 1 only if all methods are idempotent, because a lost connection can leave several requests unanswered.',
    ),
  headers: headers
    .default({})
    .describe('HTTP headers sent with every request. Example: `{ "x-tenant" = "acme" }`.'),
  max_in_flight: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('WebSocket: maximum number of calls in flight.'),
  ping_interval: duration
    .default(30_000)
    .describe(
      'WebSocket: how long the server may be silent before the adapter sends a ping. 0 disables pings.',
    ),
  unsubscribe_method: z
    .string()
    .min(1)
    .optional()
    .describe(
      'WebSocket: method that ends a subscription opened by a call. Default: the name of that method with "unsubscribe" in place of "subscribe", as in `eth_unsubscribe`.',
    ),
  keep_alive: duration
    .default(4000)
    .describe('How long an idle connection stays open, unless the server asks for another time.'),
})

export type JsonRpcConfig = z.infer<typeof config>
/** As the configuration writes it. */
export type JsonRpcConfigInput = z.input<typeof config>

/** Schema of the `config` block of a server; durations are in milliseconds. */
const serverConfig = z.strictObject({
  max_request: size
    .default(1024 * 1024)
    .describe('Maximum size of one request in bytes. If `limits { frame }` is smaller, it applies.'),
  max_batch: z.int().min(1).max(100_000).default(1000).describe('Maximum number of requests in a batch.'),
  max_depth: z
    .int()
    .min(2)
    .max(1000)
    .default(128)
    .describe('Maximum depth of nested arrays and objects in a request.'),
  max_values: z
    .int()
    .min(10)
    .max(10_000_000)
    .default(20_000)
    .describe(
      'Maximum number of objects, arrays and members of objects in a request or batch. To copy many small ones to the thread of the application takes its time: about 2 ms for 1,000.',
    ),
  max_headers: size
    .default(16 * 1024)
    .describe('Maximum size of the headers of one request in bytes. Beyond it, the answer is 431.'),
  max_unread: size
    .default(1024 * 1024)
    .describe(
      'Maximum bytes of answers that wait for the caller of one WebSocket. At the limit the connection is not read.',
    ),
  max_in_flight: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe(
      'Maximum number of messages of one WebSocket in flight. At the limit the connection is not read.',
    ),
  header_timeout: duration
    .default(10_000)
    .describe('How long a caller may take to send the headers of a request.'),
  request_timeout: duration
    .default(30_000)
    .describe(
      'How long a caller may take to send a whole request or WebSocket message, and to read the next part of an answer. 0 disables the limit.',
    ),
  keep_alive: duration.default(15_000).describe('How long an idle connection stays open.'),
  websocket: z.boolean().default(true).describe('Accepts WebSocket connections at the same port and path.'),
  discover: z
    .boolean()
    .default(true)
    .describe('Answers `rpc.discover` with an OpenRPC document of the registered methods.'),
  max_subscriptions: z
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe('Maximum number of subscriptions of one WebSocket.'),
  subscription_buffer: z
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe(
      'Maximum number of messages of a topic that wait for a subscriber that does not read. Beyond it, the oldest is dropped and counted. Of a `data` block only the newest value waits.',
    ),
  probes: z
    .boolean()
    .default(true)
    .describe(
      'Answers `GET /healthz` (the server runs) and `GET /readyz` (the required integrations are connected) without authentication.',
    ),
  ping_interval: duration
    .default(30_000)
    .describe('How long a WebSocket may be silent before the server sends a ping. 0 disables pings.'),
  origins: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Origins of web pages that may call the server (CORS, WebSocket), in addition to those of the same host; `"*"` allows all. Example: `["https://app.example.com"]`.',
    ),
  hosts: z
    .array(z.string().min(1).toLowerCase())
    .default([])
    .describe(
      'Names in the `Host` header by which the server may be called; others are refused with 421. Without this list, a server on a loopback address accepts only loopback names, because a web page can point its own name to 127.0.0.1 (DNS rebinding). A loopback server behind a proxy needs the public name. `"*"` allows all. Example: `["api.example.com"]`.',
    ),
  forward_headers: z
    .array(z.string().min(1).toLowerCase())
    .default([])
    .describe('Request headers that handlers can read in `context.headers`. Example: `["x-request-id"]`.'),
})

export type JsonRpcServerConfig = z.infer<typeof serverConfig>
/** As the configuration writes it. */
export type JsonRpcServerConfigInput = z.input<typeof serverConfig>

/** Describes the adapter for JSON-RPC 2.0 over HTTP and WebSocket. */
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
  worker: () => new URL('../../../workers/json-rpc.cjs', import.meta.url),
  server: {
    type: 'json-rpc',
    defaultFormat: 'json',
    formats: ['json'],
    config: serverConfig,
    worker: () => new URL('../../../workers/json-rpc-server.cjs', import.meta.url),
  },
}
