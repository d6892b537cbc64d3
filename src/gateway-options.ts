import type { ConfigSource } from './config/options.js'
import { DURATION, type Expected, RECORD } from './core/arguments.js'
import type { FileNotes } from './core/note-file.js'
import type { LogSink } from './core/telemetry.js'
import { isLogSink } from './reporter.js'

/** Options of `Gateway.start`. */
export interface GatewayOptions {
  /** Values for the `variable` blocks. */
  readonly variables?: Readonly<Record<string, unknown>>
  /** The environment that `env.X` reads. Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /**
   * Receives the log; without it nothing is logged. A function is called with each record. An object with methods
   * `debug`, `info`, `warn` and `error` is called with the message and the fields (`console`, winston), or with the
   * fields and the message (pino, bunyan). A logger that throws, rejects or is slow does not affect the gateway.
   */
  readonly logger?: LogSink
}

const LOGGER: Expected = {
  what: 'a function, or an object with methods such as "info" and "warn"',
  is: isLogSink,
}
export const START_OPTIONS = { variables: RECORD, env: RECORD, logger: LOGGER } as const
export const RELOAD_OPTIONS = { variables: RECORD, env: RECORD } as const
export const SHUTDOWN_OPTIONS = { timeout: DURATION } as const
export const DEFAULT_SHUTDOWN_MS = 10_000

/** Options of `Gateway.reload`; those of `Gateway.start` that change what a configuration says. */
export type ReloadOptions = Pick<GatewayOptions, 'variables' | 'env'>

/** Options of a gateway whose configuration has been loaded already. */
export interface CheckedOptions extends GatewayOptions {
  /** Where it was loaded, for a reload. */
  readonly source?: ConfigSource
  /** Receives the files that are read for the configuration, at the start and at each reload. */
  readonly files?: FileNotes
}

/** What the loader of a configuration takes from the options of a gateway. */
export function loadOptionsOf({ variables, env }: ReloadOptions): ReloadOptions {
  return { ...(variables && { variables }), ...(env && { env }) }
}
