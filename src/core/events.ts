import {
  type EventDescription,
  event,
  type Fields,
  field,
  number,
  oneOf,
  optional,
  payload,
  text,
  type ValuesOf,
} from './event-description.js'
import { BREAKER_STATES, CONNECTION_STATES, type ListenAddress } from './status.js'
import type { LogLevel, LogRecord } from './telemetry.js'

const integration = text('The integration, server or broker.')

/**
 * Everything that happens in a gateway, described once: the types of `gateway.on`, the lines of the log and
 * `docs/events.md` are made from it.
 */
export const EVENTS = {
  'actor:started': event({
    when: 'An actor or embedded broker has started for the first time.',
    fields: { integration },
    level: 'info',
  }),
  'actor:crashed': event({
    when: 'An actor or embedded broker has died; its successor is on the way.',
    fields: {
      integration,
      reason: text('Why it died.'),
      restartInMs: number('Milliseconds until it is restarted; 0 for at once.'),
    },
    level: 'warn',
  }),
  'actor:restarted': event({
    when: 'The successor of an actor or embedded broker that died runs.',
    fields: { integration, restarts: number('Restarts since the gateway started.') },
    level: 'info',
  }),
  'actor:failed': event({
    when: 'The supervisor has given up an actor or embedded broker: it died too often (`max_restarts`), or is not to be restarted.',
    fields: { integration, reason: text('Why it died the last time.') },
    level: 'error',
  }),
  'connection:changed': event({
    when: 'The connection of an integration has another state, or an attempt to connect failed.',
    fields: {
      integration,
      state: oneOf(CONNECTION_STATES, 'The state by now.'),
      attempt: number('The attempt to connect again that is waited for; 0 when there is none.'),
      reason: optional(text('Why the connection was lost, or the attempt failed.')),
      listening: optional(field<ListenAddress>('`{ address, port }`', 'Where a server listens now.')),
    },
    // The reason why a gateway does not connect, above all.
    level: ({ state, reason }) => (state === 'failed' || reason !== undefined ? 'warn' : 'info'),
  }),
  'breaker:changed': event({
    when: 'The circuit breaker of an integration has another state.',
    fields: { integration, state: oneOf(BREAKER_STATES, 'The state by now.') },
    level: ({ state }) => (state === 'open' ? 'warn' : 'info'),
  }),
  'message:dead': event({
    when: 'A message cannot be delivered and is a dead letter from now on. Without a queue for dead letters, this event holds the only copy.',
    fields: {
      integration,
      queue: text('The queue it was taken from, or the topic, queue or method it was meant for.'),
      reason: text('The last error, in words.'),
      attempts: number('Deliveries that did not settle it, or actors that it killed.'),
      value: payload(
        field<unknown>('anything', 'What was to be sent; absent for a message that came from a queue.'),
      ),
      bytes: payload(field<Uint8Array>('bytes', 'The payload of a message that came from a queue.')),
    },
    level: 'warn',
  }),
  'subscription:gap': event({
    when: 'Messages of a subscription were lost before they reached it; `dropped` of the subscription counts them too.',
    fields: {
      integration,
      topic: text('The pattern of the subscription.'),
      lost: number('How many messages; 0 where nobody can tell.'),
      reason: text('Why they were lost.'),
    },
    level: 'warn',
  }),
} as const

type Described = typeof EVENTS
export type EventName = keyof Described

/** What an event holds. */
export type EventValues<E extends EventName> =
  Described[E] extends EventDescription<infer F extends Fields> ? ValuesOf<F> : never

/** Any event. */
export type GatewayEvent = { [E in EventName]: { readonly kind: E } & EventValues<E> }[EventName]

/** What the supervision tells the gateway: an event, or a line for the log. */
export type GatewayReport = GatewayEvent | { readonly kind: 'log'; readonly record: LogRecord }

/** A message that could not be delivered and was dead-lettered. */
export type DeadMessage = EventValues<'message:dead'>

/** The events of a gateway and what each listener is given (see docs/events.md). */
export type GatewayEvents = { [E in EventName]: (event: EventValues<E>) => void } & {
  /** A line was written to the log. */
  log: (record: LogRecord) => void
}

/** The names that `gateway.on` takes. */
export const LISTENED = [...(Object.keys(EVENTS) as EventName[]), 'log'] as const

/** The line of the log for an event, without what belongs to the application. */
export function recordOf({ kind, ...values }: GatewayEvent): LogRecord {
  const { fields, level } = EVENTS[kind] as EventDescription
  const logged = Object.entries(values).filter(([name]) => fields[name]?.isPayload !== true)
  const levelOf = level as LogLevel | ((event: object) => LogLevel)
  return {
    ...Object.fromEntries(logged),
    level: typeof levelOf === 'function' ? levelOf(values) : levelOf,
    message: kind,
  }
}
