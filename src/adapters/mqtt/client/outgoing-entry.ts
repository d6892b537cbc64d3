import type { Outbound } from './outbound.js'

/** A publish of QoS 1 or 2. */
export interface Outgoing {
  readonly qos: 1 | 2
  readonly retain: boolean
  /** With its length prefix. */
  readonly topic: Uint8Array
  /** With their length prefix; `undefined` in MQTT 3.1.1. */
  readonly properties: Uint8Array | undefined
  readonly payload: Uint8Array
  /** The `clock.monotonic()` milliseconds after which it is no longer sent. */
  readonly deadline: number
  /** Whether it ends with its connection: it must not be sent again by a session that the broker has kept. */
  readonly once?: boolean | undefined
  /** Identifies the operation, so that a kept session recognises it when it is handed over again. */
  readonly operationId?: string | undefined
}

/** How many messages may be unacknowledged. */
export interface SendWindow {
  readonly all: number
  /** Messages of QoS 2. */
  readonly qos2: number
}

/**
 * Limit for MQTT 3.1.1, which has no Receive Maximum: mosquitto closes the connection of a client with more than 20
 * messages of QoS 2 in flight.
 */
const QOS2_LIMIT_311 = 20

/** @param receiveMaximum the broker's Receive Maximum */
export function sendWindow(version: 4 | 5, receiveMaximum: number): SendWindow {
  return { all: receiveMaximum, qos2: version === 5 ? receiveMaximum : QOS2_LIMIT_311 }
}

/** The connection that sends the messages. */
export interface OutgoingConnection {
  readonly outbound: Outbound
  readonly window: SendWindow
}

/** The state of a message. */
export interface Entry {
  readonly outgoing: Outgoing
  /** 0 until it is sent for the first time. */
  id: number
  /** Whether the broker has the message of QoS 2 (PUBREC). Only PUBREL is sent from then on. */
  released: boolean
  /** Whether it was sent on this connection, and counts against the broker's Receive Maximum. */
  counted: boolean
  /** Its place in the order of sending. */
  order: number
  slot: number | undefined
  promise: Promise<number> | undefined
  resolve: (reason: number) => void
  reject: (error: Error) => void
}

/** Creates the state of a message that was not sent. */
export function entryOf(outgoing: Outgoing, resolve: Entry['resolve'], reject: Entry['reject']): Entry {
  return {
    outgoing,
    id: 0,
    released: false,
    counted: false,
    order: 0,
    slot: undefined,
    promise: undefined,
    resolve,
    reject,
  }
}

/** Replaces the callbacks of a message whose outcome has no listener. */
export function ignore(): void {}
