import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { IncomingAnswers } from '../../core/incoming-answers.js'
import { wireFormat } from '../../wire/wire-format.js'
import type { Authorization } from './authorization.js'
import { Caller } from './caller.js'
import { Channel } from './channel.js'
import { channelOptions } from './channel-options.js'
import { channelCredentials } from './credentials.js'
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
import type { Session } from './session.js'
import type { StatusContext } from './status.js'
import { type Target, targetOf } from './target.js'
import { TurnQuota } from './turn-quota.js'

/** An open connection: its channels are ready and its schema is loaded. */
export interface Connection {
  readonly session: Session
  readonly publisher: Publisher
  /** Target in gRPC's name syntax. */
  readonly uri: string
  /** Ends the streams of a lost connection; calls may still be answered. */
  abandon(): void
  /** Waits until all calls and streams have ended, then closes the replaced connection. Never rejects. */
  drain(): Promise<void>
  /** Closes the connection: writes what was published, then cancels the rest. Never throws. */
  close(): Promise<void>
}

/** State that an adapter keeps across connections. */
export interface SharedState {
  readonly authorization: Authorization
  readonly streams: OpenStreams
  readonly pings: PingInterval
  readonly incoming: IncomingAnswers
}

/**
 * Connects all channels and loads the schema. Files are read for each connection.
 * @param lost called once when the connection is lost; not called after `close`
 * @throws ConnectionError, AuthError, SerializeError for an invalid schema, or the signal's reason
 */
export async function connect(
  context: AdapterContext,
  config: GrpcConfig,
  shared: SharedState,
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
  const options = channelOptions(config, target, maxBytes, shared.pings.ms)
  const pool = await ChannelPool.open(
    () => new Channel(target, credentials, options, integration),
    config.pool_size,
    signal,
    lost,
  )
  const { incoming } = shared
  const reading = { maxBytes, incoming, turns: new TurnQuota(clock) }
  const caller = new Caller(pool, shared.authorization, config.wait_for_ready, reading, () =>
    context.answerBegins(),
  )
  const server = target.shown
  const contextBy = (schema: GrpcSchema | undefined): StatusContext => {
    const known = schema ?? schemaFromDescriptorSet(new Uint8Array(0))
    const { mask } = shared.authorization
    return { integration, server, mask, details: (bytes) => decodeStatusDetails(bytes, known) }
  }
  try {
    const schema = configured ?? (await reflected())
    if (!pool.isReady) throw new ConnectionError(`${server}: the connection was lost`, { integration })
    const session: Session = {
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
      incoming,
      reopensPublished: config.published_streams === 'reopen',
    }
    return connectionOf(session, pool, config, shared.streams, target.uri)
  } catch (error) {
    pool.close()
    throw error
  }

  async function reflected(): Promise<GrpcSchema | undefined> {
    if (format !== 'protobuf') return undefined
    if (config.reflection === 'off')
      throw new ConnectionError(
        'protobuf needs a schema: set "proto" or "descriptor_set" in the config, or enable reflection',
        { integration, retryable: false },
      )
    const versions = config.reflection === 'auto' ? (['v1', 'v1alpha'] as const) : [config.reflection]
    return reflectedSchema(caller, versions, { maxBytes }, contextBy(undefined), signal)
  }
}

function connectionOf(
  session: Session,
  pool: ChannelPool,
  config: GrpcConfig,
  streams: OpenStreams,
  uri: string,
): Connection {
  const { caller } = session
  const publisher = new Publisher(session, streams, config.publish_idle)
  return {
    session,
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

/** Returns the host name that the certificate must match; `undefined` for the connected address. */
function certifiedHost(config: GrpcConfig, target: Target): string | undefined {
  return config.authority?.replace(/:\d+$/, '') ?? target.authority ?? target.host
}
