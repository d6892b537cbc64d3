import { describeReason } from './reason-codes.js'

/** What goes wrong in MQTT itself. The adapter translates these at its edge. */
abstract class MqttError extends Error {}

/** The broker refused one operation and did nothing of it. The message says why. */
export class Refused extends MqttError {
  readonly reasonCode: number | undefined

  /** @param reason a reason code of the broker with its reason string, or plain words. */
  constructor(reason: number | string, reasonString?: string, options?: ErrorOptions) {
    super(typeof reason === 'number' ? describeReason(reason, reasonString) : reason, options)
    this.reasonCode = typeof reason === 'number' ? reason : undefined
  }
}

/** The deadline passed before it was the message's turn to be sent. */
export class Expired extends MqttError {}

/** How an operation stands whose connection has ended. */
export interface EndedOptions extends ErrorOptions {
  /** Whether connecting again can help. Default true. */
  readonly retryable?: boolean
  /** Whether the operation was certainly not sent. Default false. */
  readonly notSent?: boolean
}

/** The connection could not be made, or has ended. */
export class ConnectionEnded extends MqttError {
  readonly retryable: boolean
  readonly notSent: boolean

  constructor(message: string, { retryable = true, notSent = false, ...options }: EndedOptions = {}) {
    super(message, options)
    this.retryable = retryable
    this.notSent = notSent
  }
}

/** The error for an operation that was not sent when its connection ended because of `error`. */
export function notSent(error: Error): ConnectionEnded {
  const retryable = !(error instanceof ConnectionEnded) || error.retryable
  return new ConnectionEnded(error.message, { cause: error, retryable, notSent: true })
}

/** The other side has closed the connection without a word. */
export class ConnectionClosed extends ConnectionEnded {}

/** A socket or its TLS failed; `cause` is the error of Node. */
export class SocketFailed extends ConnectionEnded {
  /** The address, as messages may show it. */
  readonly where: string
  /** What may be wrong. */
  readonly hint: string | undefined

  constructor(where: string, cause: unknown, hint?: string) {
    super(`connection to ${where}: ${(cause as Error | undefined)?.message ?? 'closed'}`, { cause })
    this.where = where
    this.hint = hint
  }

  /** Whether the other side ended the connection, rather than that none came about. */
  get isCut(): boolean {
    const { code } = (this.cause ?? {}) as NodeJS.ErrnoException
    return code === 'ECONNRESET' || code === 'EPIPE'
  }
}

/** The time for an attempt to connect is over: the reason of its signal. */
export class AttemptExpired extends MqttError {
  readonly #limitMs: number

  constructor(limitMs: number) {
    super(`the connection was not made within ${limitMs} ms`)
    this.#limitMs = limitMs
  }

  /** What a step of the attempt makes of it. @param awaited what did not come, or was not done */
  at(where: string, awaited: string): ConnectionEnded {
    return new ConnectionEnded(`connection to ${where}: no ${awaited} within ${this.#limitMs} ms`, {
      cause: this,
    })
  }
}

/** The error for an attempt that `signal` ends while it waits for `awaited`. */
export function interrupted(signal: AbortSignal, where: string, awaited: string): Error {
  const { reason } = signal
  return reason instanceof AttemptExpired ? reason.at(where, awaited) : (reason as Error)
}

/** Reason codes of CONNACK that refuse the credentials (3.1.1: 4, 5; 5: the others). */
const AUTH_REFUSALS = new Set([0x04, 0x05, 0x86, 0x87, 0x8c])

/** Reason codes of CONNACK from a broker that does not speak the version (3.1.1: 1; 5: the others). */
const VERSION_REFUSALS = new Set([0x01, 0x81, 0x82, 0x84])

/** Reason codes of a refusal that connecting again does not change. */
const FINAL_REFUSALS = new Set([0x01, 0x02, 0x84, 0x85, 0x8a, 0x90, 0x95, 0x9a, 0x9b, 0x9c, 0x9d])

/** The broker answered CONNECT with a reason code that refuses it. */
export class ConnectRefused extends ConnectionEnded {
  readonly reasonCode: number
  /** Whether the credentials are to blame. */
  readonly isAuth: boolean
  /** Whether the protocol version may be to blame. */
  readonly isVersion: boolean

  constructor(where: string, code: number, reasonString: string | undefined) {
    super(`${where} refuses the connection: ${describeReason(code, reasonString)}`, {
      retryable: !FINAL_REFUSALS.has(code) && !AUTH_REFUSALS.has(code),
    })
    this.reasonCode = code
    this.isAuth = AUTH_REFUSALS.has(code)
    this.isVersion = VERSION_REFUSALS.has(code)
  }
}

/** The broker did not accept the protocol version, or closed the connection over it: an older one may do. */
export class VersionRefused extends MqttError {
  readonly failure: ConnectionEnded

  constructor(failure: ConnectionEnded) {
    super(failure.message)
    this.failure = failure
  }
}

/** Bytes that are not MQTT, or break its rules. The connection cannot go on (MQTT 5, section 4.13). */
export class MalformedPacket extends MqttError {
  /** For the DISCONNECT that ends the connection. */
  readonly reasonCode: number

  constructor(message: string, reasonCode: number = REASON.malformedPacket) {
    super(message)
    this.reasonCode = reasonCode
  }
}

/** Reason codes that we send or look for (MQTT 5, section 2.4). */
export const REASON = {
  success: 0x00,
  disconnectWithWill: 0x04,
  noMatchingSubscribers: 0x10,
  unspecified: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  sessionTakenOver: 0x8e,
  packetIdNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
} as const
