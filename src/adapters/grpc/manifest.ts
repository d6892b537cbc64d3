import { z } from 'zod'
import type { ActorFiles, AdapterManifest } from '../../core/manifest.js'
import type { IntegrationSettings } from '../../core/settings/integration.js'
import { duration, path } from '../config-kinds.js'

const paths = z.union([path.transform((one) => [one]), z.array(path)])

/** Where messages and methods are described. */
const schema = {
  proto: paths.default([]).describe('One or several `.proto` files. Example: `"./orders.proto"`.'),
  include: paths.default([]).describe('Folders to search for imports of the `.proto` files.'),
  descriptor_set: path
    .optional()
    .describe(
      'File with a `FileDescriptorSet`, as written by `protoc --descriptor_set_out=FILE --include_imports`.',
    ),
}

const files = z.object(schema)

const keepalive = z.strictObject({
  time: duration
    .default(20_000)
    .describe(
      'Interval of pings while a call or stream is in flight. It grows if the server rejects the pings as too many.',
    ),
  timeout: duration
    .default(10_000)
    .describe('How long the server may take to answer a ping before the connection counts as lost.'),
  without_calls: z.boolean().default(false).describe('Sends pings even while no call is in flight.'),
})

const metadata = z.record(
  z
    .string()
    .regex(/^[0-9a-z_.-]+$/i, { error: 'expected the name of a metadata entry' })
    .refine((name) => !/^grpc-/i.test(name), {
      error: 'names that begin with grpc- are reserved for the protocol',
    }),
  z.string(),
)

/** Schema of the `config` block of an integration; durations are in milliseconds. */
const config = z.strictObject({
  ...schema,
  reflection: z
    .enum(['auto', 'v1', 'v1alpha', 'off'])
    .default('auto')
    .describe(
      'Whether to load the schema from the server if neither `proto` nor `descriptor_set` is set, and by which version of the reflection protocol. `auto` tries v1, then v1alpha.',
    ),
  service: z
    .string()
    .min(1)
    .optional()
    .describe('Service whose methods can be called by their bare name. Example: `"shop.Orders"`.'),
  keepalive: keepalive
    .prefault({})
    .describe('Pings that detect a dead connection. Example: `keepalive { time = "30s" }`.'),
  pool_size: z.int().min(1).max(64).default(1).describe('Number of connections to each address.'),
  load_balancing: z
    .enum(['pick_first', 'round_robin'])
    .optional()
    .describe(
      'How calls are distributed among addresses. Default: `round_robin` with several addresses, otherwise `pick_first`.',
    ),
  metadata: metadata
    .default({})
    .describe('Metadata sent with every call. Example: `{ "x-tenant" = "acme" }`.'),
  compression: z
    .enum(['none', 'gzip', 'deflate'])
    .default('none')
    .describe('Compression of messages that are sent.'),
  wait_for_ready: z
    .boolean()
    .default(false)
    .describe('Lets a call wait while the connection is being restored, instead of failing it.'),
  authority: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Name of the server in requests and in its certificate, if it differs from the address. Example: `"orders.example.com"`.',
    ),
  response_metadata: z
    .boolean()
    .default(false)
    .describe('Makes calls return `{ value, headers, trailers }` instead of the value alone.'),
  health_service: z
    .string()
    .optional()
    .describe('Service to ask for in health checks. Default: the whole server.'),
  publish_idle: duration
    .default(30_000)
    .describe('How long a stream opened by publishing stays open without a message.'),
  published_streams: z
    .enum(['end', 'reopen'])
    .default('end')
    .describe(
      'What happens after a connection loss to a subscription without `params` whose stream was published to. `end` ends it with a SubscribeError, because the server has lost the published messages and may stay silent; `reopen` opens a new stream, for servers that send without a request.',
    ),
})

export type GrpcConfig = z.infer<typeof config>
/** As the configuration writes it. */
export type GrpcConfigInput = z.input<typeof config>

/** Schema of the `config` block of a server. */
const serverConfig = z.strictObject({
  ...schema,
  reflection: z.boolean().default(true).describe('Serves the reflection protocol (v1 and v1alpha).'),
  health: z.boolean().default(true).describe('Serves the health checking protocol.'),
  compression: z
    .enum(['none', 'gzip', 'deflate'])
    .default('none')
    .describe('Compression of messages that are sent.'),
  max_streams: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1000)
    .describe('Maximum number of concurrent calls on one connection.'),
  keepalive: z
    .strictObject({
      time: duration
        .default(60_000)
        .describe('How long a connection may be silent before the server sends a ping.'),
      timeout: duration
        .default(20_000)
        .describe('How long the caller may take to answer a ping before the connection is closed.'),
    })
    .prefault({})
    .describe('Pings that detect callers that are gone. Example: `keepalive { time = "30s" }`.'),
  max_connection_age: duration
    .optional()
    .describe(
      'How long a connection may be open. Then the caller is asked to open another (GOAWAY), so that load balancers can distribute connections again. Default: unlimited.',
    ),
  max_connection_age_grace: duration
    .default(30_000)
    .describe('How long calls in flight may take after `max_connection_age` before they are cut off.'),
  max_connection_idle: duration
    .optional()
    .describe('How long a connection without calls stays open. Default: unlimited.'),
})

export type GrpcServerConfig = z.infer<typeof serverConfig>
/** As the configuration writes it. */
export type GrpcServerConfigInput = z.input<typeof serverConfig>

function schemaFiles(settings: IntegrationSettings): ActorFiles {
  const { proto, include, descriptor_set } = settings.config as z.output<typeof files>
  return descriptor_set === undefined ? { protos: proto, include } : { paths: [descriptor_set] }
}

const FORMATS = ['protobuf', 'json', 'binary']
/** Only the adapter has the Protobuf schema, so that topics cross to the actor as MessagePack. */
const PAYLOAD_FORMATS = { protobuf: 'msgpack' }

/** Describes the adapter for gRPC over HTTP/2, client and server. */
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
  files: schemaFiles,
  worker: () => new URL('../../../workers/grpc.cjs', import.meta.url),
  server: {
    type: 'grpc',
    defaultFormat: 'protobuf',
    formats: FORMATS,
    payloadFormats: PAYLOAD_FORMATS,
    config: serverConfig,
    files: schemaFiles,
    worker: () => new URL('../../../workers/grpc-server.cjs', import.meta.url),
  },
}
