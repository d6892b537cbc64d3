import type { ConnectionError } from '../../../core/errors/connection.js'
import type { Logger } from '../../../core/telemetry.js'
import type { Value } from '../../../core/value.js'
import type { WireFormat } from '../../../wire/wire-format.js'
import type { SecretMask } from '../../secret-mask.js'
import type { SignalWatch } from '../signal-watch.js'
import type { Suspects } from './suspects.js'

export interface SessionSettings {
  readonly integration: string
  /** Whether to enforce JSON-RPC 2.0 to the letter. */
  readonly strict: boolean
  readonly format: WireFormat
  readonly batchSize: number
  readonly maxInFlight: number
  /** Maximum size of a message in bytes. */
  readonly limit: number
  /** Masks our credentials in the server's texts. */
  readonly mask: SecretMask
}

export interface SessionPorts {
  readonly watch: SignalWatch
  /** Remembers the calls in flight when earlier connections ended because of an unreadable answer. */
  readonly suspects: Suspects
  readonly log: Logger
  /** The server sent a notification. */
  notified(method: string, params: Value | undefined): void
  /** The server refuses new calls and still answers those in flight. */
  goingAway(): void
  /** The connection was lost and not closed by us. Called before the calls in flight fail. */
  lost(error: ConnectionError): void
}
