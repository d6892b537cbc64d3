import { ConfigError } from '../../core/errors/config.js'
import type { Value } from '../../core/value.js'

/** The limits of the broker's memory. */
export interface MemoryLimits {
  /** Bytes of all held messages: queued, retained, and waiting for subscriptions. Further messages are refused. */
  readonly bytes: number
  /** Messages held for one subscription without credit. Further publishes to it are held unacknowledged. */
  readonly subscriptionMessages: number
  readonly subscriptionBytes: number
  /** Messages of one queue, including delivered and delayed ones. Further messages are refused. */
  readonly queueMessages: number
  readonly queueBytes: number
  readonly queues: number
  readonly retainedMessages: number
  readonly retainedBytes: number
  /** Calls in flight of one client. Further calls are refused. */
  readonly calls: number
  /** Subscriptions, consumers and services of one client, each. Further ones are refused. */
  readonly registrations: number
}

const NAMES: { readonly [name: string]: keyof MemoryLimits } = {
  bytes: 'bytes',
  subscription_messages: 'subscriptionMessages',
  subscription_bytes: 'subscriptionBytes',
  queue_messages: 'queueMessages',
  queue_bytes: 'queueBytes',
  queues: 'queues',
  retained_messages: 'retainedMessages',
  retained_bytes: 'retainedBytes',
  calls: 'calls',
  registrations: 'registrations',
}

/**
 * Memory reserved for everything but messages: code, work in progress, and buffers that V8 has not collected yet, which
 * can reach 64 MB before it collects.
 */
const RESERVED = 96 * 1_048_576
const DEFAULT_MEMORY = 512 * 1_048_576

const DEFAULT_LIMITS: Omit<MemoryLimits, 'bytes'> = {
  subscriptionMessages: 10_000,
  subscriptionBytes: 16 * 1_048_576,
  queueMessages: 100_000,
  queueBytes: 256 * 1_048_576,
  queues: 10_000,
  retainedMessages: 100_000,
  retainedBytes: 256 * 1_048_576,
  calls: 10_000,
  registrations: 10_000,
}

/**
 * Returns the limits of a `broker` block of type memory, with defaults for those it does not set.
 * @param config the settings, such as `queue_messages = 1000`
 * @param memory the memory limit of the broker's thread, in bytes
 * @throws ConfigError for an unknown name, or a value that is not a whole number above zero
 */
export function memoryLimits(
  config: Readonly<Record<string, Value>>,
  memory: number = DEFAULT_MEMORY,
): MemoryLimits {
  const bytes = Math.floor(Math.max(1, memory / 8, Math.min(memory / 2, memory - RESERVED)))
  const limits: { -readonly [K in keyof MemoryLimits]: number } = { ...DEFAULT_LIMITS, bytes }
  for (const [name, value] of Object.entries(config)) {
    const limit = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined
    if (!limit)
      throw new ConfigError(
        `memory broker: unknown setting ${JSON.stringify(name)}: expected one of ${Object.keys(NAMES).join(', ')}`,
      )
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      throw new ConfigError(
        `memory broker: ${name}: expected a whole number above zero, found ${JSON.stringify(value)}`,
      )
    limits[limit] = value as number
  }
  return limits
}
