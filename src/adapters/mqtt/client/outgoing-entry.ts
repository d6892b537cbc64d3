import type { Outbound } from './outbound.js'

/** A publish of QoS 1 or 2 on its way. */
export interface Outgoing {
  readonly qos: 1 | 2
  readonly retain: boolean
  /** With its length in front. */
  readonly topic: Uint8Array
  /** With their length in front; `undefined` in MQTT 3.1.1. */
  readonly properties: Uint8Array | undefined
  readonly payload: Uint8Array
  /** `clock.monotonic()` milliseconds after which it is not sent any more. */
  readonly deadline: number
  /** Names the operation, so that a session that is kept recognizes it when it is given it again. */
  readonly operationId?: string | undefined
}

/** How many messages may be unacknowledged. */
export interface SendWindow {
  readonly all: number
  /** Of QoS 2. */
  readonly qos2: number
}

/**
 * MQTT 3.1.1 has no Receive Maximum, but brokers have a limit all the same: mosquitto closes the connection of
 * a client that has more than 20 messages of QoS 2 in flight.
 */
const UNSPOKEN_QOS2_LIMIT = 20

/** @param receiveMaximum of the broker */
export function sendWindow(version: 4 | 5, receiveMaximum: number): SendWindow {
  return { all: receiveMaximum, qos2: version === 5 ? receiveMaximum : UNSPOKEN_QOS2_LIMIT }
}

/** What the messages travel over. */
export interface OutgoingConnection {
  readonly outbound: Outbound
  readonly window: SendWindow
}

/** A message on its way. */
export interface Entry {
  readonly outgoing: Outgoing
  /** 0 until it is sent for the first time. */
  id: number
  /** The broker has the message of QoS 2 (PUBREC); PUBREL is what it is sent from now on. */
  released: boolean
  /** Sent over this connection, so that it counts against the broker's Receive Maximum. */
  counted: boolean
  /** In the order of sending. */
  order: number
  slot: number | undefined
  promise: Promise<number> | undefined
  resolve: (reason: number) => void
  reject: (error: Error) => void
}

/** A message that was not sent yet. */
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

/** Where nobody waits for the outcome. */
export function ignore(): void {}
