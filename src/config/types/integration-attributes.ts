// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { BulkheadBlock } from './bulkhead.js'
import type { ChaosBlock } from './chaos.js'
import type { CircuitBreakerBlock } from './circuit-breaker.js'
import type {
  DnsDiscoveryBlock,
  DnsSrvDiscoveryBlock,
  RedisDiscoveryBlock,
  StaticDiscoveryBlock,
} from './discovery.js'
import type { EndpointBlock } from './endpoint.js'
import type { HealthCheckBlock } from './health-check.js'
import type { LimitsBlock } from './limits.js'
import type { MailboxBlock } from './mailbox.js'
import type { ProtobufBlock } from './protobuf.js'
import type { RateLimitBlock } from './rate-limit.js'
import type { ReconnectBlock } from './reconnect.js'
import type { RetryBlock } from './retry.js'
import type { ServeBlock } from './serve.js'
import type { SupervisionBlock } from './supervision.js'

/** What every block `integration` may have. */
export interface IntegrationAttributes {
  /**
   * Time limit of one attempt of an operation. Default: `30s`.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly timeout?: Duration | undefined
  /** Address of the service. */
  readonly endpoint?: EndpointBlock | undefined
  /** Finds the addresses of the service. */
  readonly discovery?:
    | StaticDiscoveryBlock
    | DnsDiscoveryBlock
    | DnsSrvDiscoveryBlock
    | RedisDiscoveryBlock
    | undefined
  /**
   * Who may call the methods that are served through the broker. Callers send their credentials as the
   * header, user property or field `authorization` of each request.
   */
  readonly serve?: ServeBlock | undefined
  /** Retries failed operations. Without this block nothing is retried. */
  readonly retry?: RetryBlock | undefined
  /** Fails operations at once while the service is down. */
  readonly circuit_breaker?: CircuitBreakerBlock | undefined
  /** Checks regularly whether the service is alive. Without this block it is not checked. */
  readonly health_check?: HealthCheckBlock | undefined
  /** How a lost connection is restored. */
  readonly reconnect?: ReconnectBlock | undefined
  /** Limits the rate of requests. Example: `rate_limit { requests = 100 }`. */
  readonly rate_limit?: RateLimitBlock | undefined
  /** Limits the number of requests in flight. Example: `bulkhead { concurrent = 20 }`. */
  readonly bulkhead?: BulkheadBlock | undefined
  /** Bounds of the mailbox between the host thread and the actor. */
  readonly mailbox?: MailboxBlock | undefined
  /** Resource limits of the actor. */
  readonly limits?: LimitsBlock | undefined
  /** How the actor is supervised and restarted. */
  readonly supervision?: SupervisionBlock | undefined
  /** Message types of payloads in the format `protobuf`. */
  readonly protobuf?: ProtobufBlock | undefined
  /** Injects faults into the integration, to test supervision. Not for production. */
  readonly chaos?: ChaosBlock | undefined
}
