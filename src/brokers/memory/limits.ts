import { ConfigError } from '../../core/errors.js'
import type { Value } from '../../core/value.js'

/** What bounds the memory of the broker. */
export interface MemoryLimits {
  /** Bytes held in all: queues, retained messages, and messages that wait for subscriptions. Refused beyond. */
  readonly bytes: number
  /** Messages held for one subscription that has no credit. Publishers of its topics wait beyond. */
  readonly subscriptionMessages: number
  readonly subscriptionBytes: number
  /** Messages in one queue, those being handled and those delayed included; refused beyond. */
  readonly queueMessages: number
  readonly queueBytes: number
  readonly queues: number
  readonly retainedMessages: number
  readonly retainedBytes: number
  /** Calls of one line that wait for their answer; refused beyond. */
  readonly calls: number
  /** Subscriptions, consumers and services of one line, each; refused beyond. */
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
 * Memory that is not for messages: code, work under way, and buffers that V8 has not collected yet, which it starts
 * to do at 64 MB of them.
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
 * The limits that a `broker` block of type memory sets, such as `queue_messages = 1000`; the others have
 * their defaults.
 * @param memory bytes at which the thread of the broker is replaced.
 * @throws ConfigError for an unknown name or anything but a whole number above zero.
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
        `memory broker: unknown setting ${JSON.stringify(name)}; expected one of ${Object.keys(NAMES).join(', ')}`,
      )
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      throw new ConfigError(
        `memory broker: ${name}: expected a whole number above zero, found ${JSON.stringify(value)}`,
      )
    limits[limit] = value as number
  }
  return limits
}
