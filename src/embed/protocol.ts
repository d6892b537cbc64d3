/** The version of the protocol. It changes only if an existing client would no longer work. */
export const PROTOCOL_VERSION = 1

/** The limits of a session, which `initialize` reports. */
export const LIMITS = {
  /** The maximum size of a message to the gateway, in bytes. */
  message: 16 * 1024 * 1024,
  /** Requests in flight. The gateway reads no further input while there are more. */
  inFlight: 1_024,
  /** Requests of one JSON-RPC batch. */
  batch: 1_000,
  /** Open subscriptions and consumers. */
  sources: 10_000,
  /** Deliveries that the client has neither acknowledged nor given back. */
  deliveries: 65_535,
} as const

/** Bytes of requests in flight. The gateway reads no further input while there are more. */
export const MOST_BYTES_IN_FLIGHT = 32 * 1024 * 1024
/** Events that wait for a client that does not read. Further events are dropped and counted. */
export const MOST_EVENTS_WAITING = 1_000

export const JSON_RPC = '2.0'
