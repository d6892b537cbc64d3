import { describeReason } from './reason-codes.js'

/** Errors of the MQTT client. The adapter translates them. */
abstract class MqttError extends Error {}

/** The broker refused an operation without executing it. The message contains the reason. */
export class Refused extends MqttError {
  readonly reasonCode: number | undefined

  /** @param reason a reason code with the broker's reason string, or a text */
  constructor(reason: number | string, reasonString?: string, options?: ErrorOptions) {
    super(typeof reason === 'number' ? describeReason(reason, reasonString) : reason, options)
    this.reasonCode = typeof reason === 'number' ? reason : undefined
  }
}

/** The deadline of a message passed before it could be sent. */
export class Expired extends MqttError {}

/** Details of an operation whose connection has ended. */
export interface EndedOptions extends ErrorOptions {
  /** Whether reconnecting can help. Default true. */
  readonly retryable?: boolean
  /** Whether the operation was certainly not sent. Default false. */
  readonly notSent?: boolean
}

/** The connection could not be opened, or has ended. */
export class ConnectionEnded extends MqttError {
  readonly retryable: boolean
  readonly notSent: boolean

  constructor(message: string, { retryable = true, notSent = false, ...options }: EndedOptions = {}) {
    super(message, options)
    this.retryable = retryable
    this.notSent = notSent
  }
}

/** Returns the error of an operation that was not sent because its connection ended with `error`. */
export function notSent(error: Error): ConnectionEnded {
  const retryable = !(error instanceof ConnectionEnded) || error.retryable
  return new ConnectionEnded(error.message, { cause: error, retryable, notSent: true })
}

/** The other side closed the connection without a reason. */
export class ConnectionClosed extends ConnectionEnded {}

/** A socket or its TLS failed. `cause` is the error of Node. */
export class SocketFailed extends ConnectionEnded {
  /** The address, for messages. */
  readonly where: string
  /** A guess at what is wrong. */
  readonly hint: string | undefined

  constructor(where: string, cause: unknown, hint?: string) {
    super(`connection to ${where}: ${(cause as Error | undefined)?.message ?? 'closed'}`, { cause })
    this.where = where
    this.hint = hint
  }

  /** Whether the other side ended an existing connection. */
  get isCut(): boolean {
    const { code } = (this.cause ?? {}) as NodeJS.ErrnoException
    return code === 'ECONNRESET' || code === 'EPIPE'
  }
}

/** The time-out of a connection attempt: the reason of its signal. */
export class AttemptExpired extends MqttError {
  readonly #limitMs: number

  constructor(limitMs: number) {
    super(`the connection attempt took longer than ${limitMs} ms`)
    this.#limitMs = limitMs
  }

  /** Returns the error of the step that was in progress. @param awaited what the step was waiting for */
  at(where: string, awaited: string): ConnectionEnded {
    return new ConnectionEnded(`connection to ${where}: no ${awaited} within ${this.#limitMs} ms`, {
      cause: this,
    })
  }
}

/** Returns the error of an attempt that `signal` aborts while it waits for `awaited`. */
export function interrupted(signal: AbortSignal, where: string, awaited: string): Error {
  const { reason } = signal
  return reason instanceof AttemptExpired ? reason.at(where, awaited) : (reason as Error)
}

/** Reason codes of CONNACK that refuse the credentials (3.1.1: 4, 5; 5: the others). */
const AUTH_REFUSALS = new Set([0x04, 0x05, 0x86, 0x87, 0x8c])

/** Reason codes of CONNACK that refuse the protocol version (3.1.1: 1; 5: the others). */
const VERSION_REFUSALS = new Set([0x01, 0x81, 0x82, 0x84])

/** Reason codes of CONNACK that a retry would repeat. */
const FINAL_REFUSALS = new Set([0x01, 0x02, 0x84, 0x85, 0x8a, 0x90, 0x95, 0x9a, 0x9b, 0x9c, 0x9d])

/** The broker refused CONNECT with a reason code. */
export class ConnectRefused extends ConnectionEnded {
  readonly reasonCode: number
  /** Whether the broker refused the credentials. */
  readonly isAuth: boolean
  /** Whether the broker may have refused the protocol version. */
  readonly isVersion: boolean

  constructor(where: string, code: number, reasonString: string | undefined) {
    super(`${where} refused the connection: ${describeReason(code, reasonString)}`, {
      retryable: !FINAL_REFUSALS.has(code) && !AUTH_REFUSALS.has(code),
    })
    this.reasonCode = code
    this.isAuth = AUTH_REFUSALS.has(code)
    this.isVersion = VERSION_REFUSALS.has(code)
  }
}

/** The broker refused the protocol version, or closed the connection because of it. An older version may work. */
export class VersionRefused extends MqttError {
  readonly failure: ConnectionEnded

  constructor(failure: ConnectionEnded) {
    super(failure.message)
    this.failure = failure
  }
}

/** The bytes are not MQTT or violate it, so the connection must be closed (MQTT 5, section 4.13). */
export class MalformedPacket extends MqttError {
  /** The reason code for the DISCONNECT that closes the connection. */
  readonly reasonCode: number

  constructor(message: string, reasonCode: number = REASON.malformedPacket) {
    super(message)
    this.reasonCode = reasonCode
  }
}

/** Reason codes that the client sends or checks (MQTT 5, section 2.4). */
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
