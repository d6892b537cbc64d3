import { z } from 'zod'
import type { AdapterManifest } from '../../core/manifest.js'
import type { IntegrationSettings } from '../../core/settings.js'
import { duration, size } from '../config-kinds.js'

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
  version: z.literal('2.0', { error: 'expected "2.0", the only version there is' }).default('2.0'),
  /** Whether answers are read by the letter of the specification; by default as existing servers write them. */
  strict: z.boolean().default(false),
  /** Time allowed for one attempt; the configuration makes it the integration's. */
  timeout: duration.optional(),
  /** From 2 on, calls and notifications made at the same time travel in one request, so many at most; a larger `batch` is sent as several. */
  batch_size: z.int().min(1).max(1000).optional(),
  /** How long a batch that is not full waits for more while others are under way. */
  batch_delay: duration.default(0),
  /** Bytes of one answer at most; `limits { frame }` where it is smaller. */
  max_response: size.optional(),
  /** Connections to each address at most. */
  pool_size: z.int().min(1).max(256).default(8),
  /** Requests sent on a connection before the first is answered; beyond 1 for idempotent methods only. */
  pipelining: z.int().min(1).max(256).default(1),
  headers: headers.default({}),
  /** Over WebSocket: calls without an answer at most. */
  max_in_flight: z.int().min(1).max(100_000).default(1000),
  /** Over WebSocket: how long the server may be silent before it is asked for a sign of life; 0: it never is. */
  ping_interval: duration.default(30_000),
  /** Over WebSocket: ends a subscription that a call has opened; by default the counterpart of its name. */
  unsubscribe_method: z.string().min(1).optional(),
  /** How long an idle connection is kept, unless the server says otherwise. */
  keep_alive: duration.default(4000),
})

export type JsonRpcConfig = z.infer<typeof config>

/** The `config` block of a server. */
const serverConfig = z.strictObject({
  /** Bytes of one request at most; `limits { frame }` where it is smaller. */
  max_request: size.default(1024 * 1024),
  /** Requests in a batch at most. */
  max_batch: z.int().min(1).max(100_000).default(1000),
  /** Connections at a time; further ones are closed at once. */
  max_connections: z.int().min(1).default(1000),
  /** Messages of one WebSocket that are being answered, at most. */
  max_in_flight: z.int().min(1).max(100_000).default(1000),
  /** How long a caller may take for the head of a request, and for the whole of it. */
  header_timeout: duration.default(10_000),
  request_timeout: duration.default(30_000),
  /** How long an idle connection is kept. */
  keep_alive: duration.default(15_000),
  /** Whether it also speaks WebSocket, at the same port and path. */
  websocket: z.boolean().default(true),
  /** How long a WebSocket may be silent before it is asked for a sign of life; 0: it never is. */
  ping_interval: duration.default(30_000),
  /** Web pages that may open a WebSocket, beside those of our own host; "*" for all. */
  origins: z.array(z.string().min(1)).default([]),
  /** The headers of a request that its handler is to see. */
  forward_headers: z.array(z.string().min(1).toLowerCase()).default([]),
})

export type JsonRpcServerConfig = z.infer<typeof serverConfig>

/** Whether the endpoint is one of WebSocket; where it is discovered the scheme says so. */
export function isOverWebSocket({
  endpoint,
  discovery,
}: Pick<IntegrationSettings, 'endpoint' | 'discovery'>): boolean {
  if (discovery?.scheme !== undefined) return /^wss?$/i.test(discovery.scheme)
  return endpoint.addresses.some((address) => /^wss?(?::\/\/|\+unix:)/i.test(address))
}

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
