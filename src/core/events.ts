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
 * All events of a gateway. The types of `gateway.on`, the lines of the log and `docs/events.md` are made from this
 * table.
 */
export const EVENTS = {
  'actor:started': event({
    when: 'An actor or embedded broker has started for the first time.',
    fields: { integration },
    level: 'info',
  }),
  'actor:crashed': event({
    when: 'An actor or embedded broker has died and will be restarted.',
    fields: {
      integration,
      reason: text('Why it died.'),
      restartInMs: number('Milliseconds until it is restarted; 0 if at once.'),
    },
    level: 'warn',
  }),
  'actor:restarted': event({
    when: 'An actor or embedded broker that had died runs again.',
    fields: { integration, restarts: number('Restarts since the gateway started.') },
    level: 'info',
  }),
  'actor:failed': event({
    when: 'An actor or embedded broker has died and will not be restarted: it died too often (`max_restarts`), or its `restart` policy forbids it.',
    fields: { integration, reason: text('Why it died the last time.') },
    level: 'error',
  }),
  'connection:changed': event({
    when: 'The state of the connection of an integration has changed, or an attempt to connect failed.',
    fields: {
      integration,
      state: oneOf(CONNECTION_STATES, 'The new state.'),
      attempt: number('The number of the current or next attempt to reconnect; 0 if there is none.'),
      reason: optional(text('Why the connection was lost, or the attempt failed.')),
      listening: optional(field<ListenAddress>('`{ address, port }`', 'Where a server listens now.')),
    },
    // A reason explains why a gateway does not connect, so the level is a warning in every state.
    level: ({ state, reason }) => (state === 'failed' || reason !== undefined ? 'warn' : 'info'),
  }),
  'breaker:changed': event({
    when: 'The state of the circuit breaker of an integration has changed.',
    fields: { integration, state: oneOf(BREAKER_STATES, 'The new state.') },
    level: ({ state }) => (state === 'open' ? 'warn' : 'info'),
  }),
  'message:dead': event({
    when: 'A message was dead-lettered because it cannot be delivered. Without a dead-letter queue, this event holds the only copy.',
    fields: {
      integration,
      route: optional(text('The route that could not deliver it.')),
      queue: text('The queue or topic it was taken from, or the topic, queue or method it was meant for.'),
      reason: text('The last error, in words.'),
      attempts: number('Deliveries that did not settle it, or actors that it killed.'),
      value: payload(
        field<unknown>('anything', 'The value to be sent; absent for a message that came from a queue.'),
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
      lost: number('How many messages; 0 if unknown.'),
      reason: text('Why they were lost.'),
    },
    level: 'warn',
  }),
  'server:refused': event({
    when: 'A server has refused a caller: it is not authenticated, it lacks a scope or role, or a limit is reached. Beyond 20 in a second, refusals are reported together: one event for each reason, without method and address.',
    fields: {
      server: text('The `server` block, or the integration with the block `serve`.'),
      method: optional(text('The method that was called.')),
      scheme: optional(text('How callers are authenticated; absent if the refusal has another cause.')),
      reason: text('Why it was refused; never a part of the credentials.'),
      address: optional(text('The address of the caller.')),
      count: number('How many refusals the event counts.'),
    },
    level: 'warn',
  }),
  'config:reloaded': event({
    when: 'A reload of the configuration has ended. A refused one has changed nothing.',
    fields: {
      result: oneOf(['applied', 'unchanged', 'refused'], 'What became of it.'),
      changed: number('How many blocks have changed.'),
      tookMs: number('Milliseconds that it took.'),
      reason: optional(text('Why it was refused.')),
    },
    level: ({ result }) => (result === 'refused' ? 'error' : 'info'),
  }),
  'data:failed': event({
    when: 'The source of a `data` block has failed, and the attempt before had succeeded. The data keeps its last good value.',
    fields: {
      data: text('The `data` block.'),
      error: text('The kind of the error.'),
      reason: text('What happened.'),
    },
    level: 'warn',
  }),
  'script:reloaded': event({
    when: 'A script was loaded again because its files have changed. New calls run the new files.',
    fields: { script: text('The `script` block.') },
    level: 'info',
  }),
  'script:failed': event({
    when: 'The files of a script have changed and cannot be loaded. The script runs on as it was.',
    fields: { script: text('The `script` block.'), reason: text('Why it cannot be loaded.') },
    level: 'warn',
  }),
  'script:crashed': event({
    when: 'A thread of a script has died or was ended. Another takes its place.',
    fields: { script: text('The `script` block.'), reason: text('What happened.') },
    level: 'warn',
  }),
  'action:failed': event({
    when: 'A run of an action has failed.',
    fields: {
      action: text('The `action` block.'),
      error: text('The kind of the error.'),
      reason: text('What happened.'),
    },
    level: 'warn',
  }),
} as const

type Described = typeof EVENTS

/** The name of an event, as `gateway.on` takes it. */
export type EventName = keyof Described

/** The fields of an event. */
export type EventValues<E extends EventName> =
  Described[E] extends EventDescription<infer F extends Fields> ? ValuesOf<F> : never

/** Any event. */
export type GatewayEvent = { [E in EventName]: { readonly kind: E } & EventValues<E> }[EventName]

/** What the supervisor reports to the gateway: an event, or a log line. */
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

/** Makes the log line of an event, without data of the application. */
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
