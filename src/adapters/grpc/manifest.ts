import { z } from 'zod'
import type { AdapterManifest } from '../../core/manifest.js'
import { duration, path } from '../config-kinds.js'

const paths = z.union([path.transform((one) => [one]), z.array(path)])

/** Where the messages and methods are described. */
const schema = {
  proto: paths.default([]).describe('`.proto` files; one or several.'),
  include: paths.default([]).describe('Folders in which imports of the `.proto` files are looked for.'),
  descriptor_set: path
    .optional()
    .describe('A `FileDescriptorSet`, as `protoc --descriptor_set_out --include_imports` writes it.'),
}

const keepalive = z.strictObject({
  time: duration
    .default(20_000)
    .describe(
      'A ping every so often while a call or stream is under way. A server that complains gets fewer.',
    ),
  timeout: duration
    .default(10_000)
    .describe('The connection is given up when a ping is not answered within this.'),
  without_calls: z.boolean().default(false).describe('Pings also while no call is under way.'),
})

const metadata = z.record(
  z
    .string()
    .regex(/^[0-9a-z_.-]+$/i, { error: 'expected the name of a metadata entry' })
    .refine((name) => !/^grpc-/i.test(name), { error: 'names that begin with grpc- belong to the protocol' }),
  z.string(),
)

/** The `config` block of a client, durations in milliseconds. */
const config = z.strictObject({
  ...schema,
  reflection: z
    .enum(['auto', 'v1', 'v1alpha', 'off'])
    .default('auto')
    .describe(
      'Whether a schema that is not configured is asked of the server, and by which version of its protocol.',
    ),
  service: z
    .string()
    .min(1)
    .optional()
    .describe('The service whose methods may be called by their bare name.'),
  keepalive: keepalive.prefault({}).describe('Pings that find a dead connection.'),
  pool_size: z.int().min(1).max(64).default(1).describe('Connections to each address.'),
  load_balancing: z
    .enum(['pick_first', 'round_robin'])
    .optional()
    .describe('With several addresses the default is round_robin.'),
  metadata: metadata.default({}).describe('Sent with every call.'),
  compression: z.enum(['none', 'gzip', 'deflate']).default('none').describe('How messages are compressed.'),
  wait_for_ready: z
    .boolean()
    .default(false)
    .describe('A call waits for the connection, rather than fail, while it is made again.'),
  authority: z
    .string()
    .min(1)
    .optional()
    .describe('The name of the server in requests and in its certificate, where it is not the address.'),
  response_metadata: z
    .boolean()
    .default(false)
    .describe('Calls give `{ value, headers, trailers }` instead of the value alone.'),
  health_service: z
    .string()
    .optional()
    .describe('The service that a health check asks for; all of the server when absent.'),
  publish_idle: duration
    .default(30_000)
    .describe('How long a stream that publishing has opened is kept without a message.'),
  published_streams: z
    .enum(['end', 'reopen'])
    .default('end')
    .describe(
      'What becomes of a subscription without `params` after a loss, where messages were published to its stream: `end`, with a SubscribeError, because the server has forgotten them and would be silent; `reopen` for servers that send without being asked.',
    ),
})

export type GrpcConfig = z.infer<typeof config>

/** The `config` block of a server. */
const serverConfig = z.strictObject({
  ...schema,
  reflection: z.boolean().default(true).describe('Serve the reflection protocol (v1 and v1alpha).'),
  health: z.boolean().default(true).describe('Serve the health checking protocol.'),
  compression: z.enum(['none', 'gzip', 'deflate']).default('none').describe('How messages are compressed.'),
  max_streams: z.int().min(1).max(1_000_000).default(1000).describe('Calls at a time on one connection.'),
})

export type GrpcServerConfig = z.infer<typeof serverConfig>

const FORMATS = ['protobuf', 'json', 'binary']
/** Nobody but the adapter has the schema. */
const PAYLOAD_FORMATS = { protobuf: 'msgpack' }

/** gRPC over HTTP/2, as a client and as a server. */
export const grpcManifest: AdapterManifest = {
  type: 'grpc',
  capabilities: ['call', 'notify', 'batch', 'publish', 'subscribe'],
  remarks: {
    call: 'unary, client streaming; batch; notification',
    publish: 'into an open stream',
    subscribe: 'server streaming, bidirectional',
  },
  defaultFormat: 'protobuf',
  formats: FORMATS,
  payloadFormats: PAYLOAD_FORMATS,
  auth: ['none', 'basic', 'bearer', 'jwt', 'mtls', 'oauth2'],
  config,
  defaultPort: 50_051,
  needsEndpoint: true,
  addresses: {
    schemes: { grpc: 50_051, grpcs: 50_051, http: 50_051, https: 50_051 },
    secured: { grpc: 'grpcs' },
    unix: true,
  },
  worker: () => new URL('../../../workers/grpc.mjs', import.meta.url),
  server: {
    type: 'grpc',
    defaultFormat: 'protobuf',
    formats: FORMATS,
    payloadFormats: PAYLOAD_FORMATS,
    config: serverConfig,
    worker: () => new URL('../../../workers/grpc-server.mjs', import.meta.url),
  },
}
