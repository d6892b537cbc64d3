import type { ConnectionError } from '../../../core/errors.js'
import type { Logger } from '../../../core/telemetry.js'
import type { Value } from '../../../core/value.js'
import type { WireFormat } from '../../../wire/wire-format.js'
import type { SecretMask } from '../../secret-mask.js'
import type { SignalWatch } from '../signal-watch.js'
import type { Suspects } from './suspects.js'

export interface SessionSettings {
  readonly integration: string
  /** Whether answers are read by the letter. */
  readonly strict: boolean
  readonly format: WireFormat
  readonly batchSize: number
  readonly maxInFlight: number
  /** Bytes of a message at most. */
  readonly limit: number
  /** Hides our credentials in what the server says. */
  readonly mask: SecretMask
}

export interface SessionPorts {
  readonly watch: SignalWatch
  /** Knows the calls that were under way when earlier connections ended by an answer beyond the limit. */
  readonly suspects: Suspects
  readonly log: Logger
  /** The server told us something. */
  notified(method: string, params: Value | undefined): void
  /** The server takes no more calls, and answers those that it has. */
  goingAway(): void
  /** The connection is gone, and not because we ended it. Called before the calls under way fail. */
  lost(error: ConnectionError): void
}
