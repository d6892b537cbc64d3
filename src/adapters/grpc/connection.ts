import type { AdapterContext } from '../../core/adapter.js'
import { ConnectionError } from '../../core/errors.js'
import { wireFormat } from '../../wire/wire-format.js'
import type { Authorization } from './authorization.js'
import { Caller } from './caller.js'
import { Channel } from './channel.js'
import { channelOptions } from './channel-options.js'
import { channelCredentials } from './credentials.js'
import type { Link } from './link.js'
import type { GrpcConfig } from './manifest.js'
import { Methods } from './methods.js'
import type { OpenStreams } from './open-streams.js'
import { payloadsBy } from './payloads.js'
import type { PingInterval } from './ping-interval.js'
import { ChannelPool } from './pool.js'
import { Publisher } from './publisher.js'
import { reflectedSchema } from './reflection.js'
import { decodeStatusDetails, type GrpcSchema, schemaFromDescriptorSet } from './schema/index.js'
import { configuredSchema } from './schema-source.js'
import type { StatusContext } from './status.js'
import { type Target, targetOf } from './target.js'

/** A connection that stands: its channels are ready, and the schema is known. */
export interface Connection {
  readonly link: Link
  readonly publisher: Publisher
  /** Where it goes, in the name syntax of gRPC. */
  readonly uri: string
  /** It was lost: its streams are of no use any more; calls may still come to their end. */
  abandon(): void
  /** Another takes its place: resolves when what is under way on it has ended, and closes it then. Never rejects. */
  drain(): Promise<void>
  /** Ends it: what was published is written out first, the rest is cancelled. Never throws. */
  close(): Promise<void>
}

/** What an adapter keeps over all its connections. */
export interface Kept {
  readonly authorization: Authorization
  readonly streams: OpenStreams
  readonly pings: PingInterval
}

/**
 * Connects all channels and gets the schema; files are read again for each connection.
 * @param lost called once, when it is gone; not after `close`.
 * @throws ConnectionError, AuthError, SerializeError for a schema that is none, or the signal's reason
 */
export async function connect(
  context: AdapterContext,
  config: GrpcConfig,
  kept: Kept,
  signal: AbortSignal,
  lost: (error: ConnectionError) => void,
): Promise<Connection> {
  const { settings, clock } = context
  const { name: integration, limits, format, payloadFormat } = settings
  const maxBytes = limits.frame
  const [target, configured] = await Promise.all([
    targetOf(settings.endpoint, integration),
    configuredSchema(config, integration),
  ])
  const credentials = await channelCredentials(target.tls, certifiedHost(config, target), context)
  const options = channelOptions(config, target, maxBytes, kept.pings.ms)
  const pool = await ChannelPool.open(
    () => new Channel(target, credentials, options, integration),
    config.pool_size,
    signal,
    lost,
  )
  const caller = new Caller(pool, kept.authorization, config.wait_for_ready, () => context.answerBegins())
  const server = target.shown
  const contextBy = (schema: GrpcSchema | undefined): StatusContext => {
    const known = schema ?? schemaFromDescriptorSet(new Uint8Array(0))
    const { mask } = kept.authorization
    return { integration, server, mask, details: (bytes) => decodeStatusDetails(bytes, known) }
  }
  try {
    const schema = configured ?? (await reflected())
    if (!pool.isReady) throw new ConnectionError(`${server}: the connection was lost`, { integration })
    const link: Link = {
      integration,
      clock,
      caller,
      methods: new Methods({
        schema,
        plain: format === 'protobuf' ? undefined : wireFormat(format, { maxBytes }),
        service: config.service,
        maxBytes,
      }),
      payloads: payloadsBy(payloadFormat === undefined ? undefined : wireFormat(payloadFormat, { maxBytes })),
      status: contextBy(schema),
      maxBytes,
      budget: context.budget,
      reopensPublished: config.published_streams === 'reopen',
    }
    return connectionOf(link, pool, config, kept.streams, target.uri)
  } catch (error) {
    pool.close()
    throw error
  }

  async function reflected(): Promise<GrpcSchema | undefined> {
    if (format !== 'protobuf') return undefined
    if (config.reflection === 'off')
      throw new ConnectionError(
        'protobuf needs a schema: expected "proto" or "descriptor_set" in the config, or reflection',
        { integration, retryable: false },
      )
    const versions = config.reflection === 'auto' ? (['v1', 'v1alpha'] as const) : [config.reflection]
    return reflectedSchema(caller, versions, { maxBytes }, contextBy(undefined), signal)
  }
}

function connectionOf(
  link: Link,
  pool: ChannelPool,
  config: GrpcConfig,
  streams: OpenStreams,
  uri: string,
): Connection {
  const { caller } = link
  const publisher = new Publisher(link, streams, config.publish_idle)
  return {
    link,
    publisher,
    uri,
    abandon() {
      streams.lose(caller)
      caller.cancelStreams()
      pool.close()
    },
    async drain() {
      await publisher.close()
      await caller.idle()
      pool.close()
    },
    async close() {
      await publisher.close()
      caller.cancelAll()
      pool.close()
    },
  }
}

/** Whom a certificate has to be for; the address that is connected when that is undefined. */
function certifiedHost(config: GrpcConfig, target: Target): string | undefined {
  return config.authority?.replace(/:\d+$/, '') ?? target.authority ?? target.host
}
