import type { ClientOptions } from '@grpc/grpc-js'
import type { GrpcConfig } from './manifest.js'
import type { Target } from './target.js'

const ALGORITHMS = { none: 0, deflate: 1, gzip: 2 } as const
/** Longest idle time-out of grpc-js: an idle connection stays open, so that its loss is noticed. */
const NEVER_MS = 2_147_483_647

/**
 * Builds the options of grpc-js. Its retries are off, because the actor retries.
 * @param pingMs interval of keepalive pings in milliseconds
 */
export function channelOptions(
  config: GrpcConfig,
  target: Target,
  maxBytes: number,
  pingMs: number,
): ClientOptions {
  const { keepalive } = config
  const policy = config.load_balancing ?? (target.several ? 'round_robin' : 'pick_first')
  const authority = config.authority ?? target.authority
  return {
    'grpc.primary_user_agent': 'nemo-gateway',
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_channelz': 0,
    // Channels share connections by default, which would make a pool useless.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.service_config_disable_resolution': 1,
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [policy]: {} }] }),
    'grpc.client_idle_timeout_ms': NEVER_MS,
    // Applies to the other servers under round_robin while one is connected.
    'grpc.initial_reconnect_backoff_ms': 250,
    'grpc.max_reconnect_backoff_ms': 5_000,
    'grpc.keepalive_time_ms': pingMs,
    'grpc.keepalive_timeout_ms': keepalive.timeout,
    'grpc.keepalive_permit_without_calls': keepalive.without_calls ? 1 : 0,
    'grpc.max_receive_message_length': maxBytes,
    'grpc.max_send_message_length': maxBytes,
    'grpc.default_compression_algorithm': ALGORITHMS[config.compression],
    ...(authority !== undefined && {
      'grpc.default_authority': authority,
    }),
  }
}
