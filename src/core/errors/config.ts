import type { Diagnostic } from '../diagnostic.js'
import { keepNames } from './class-names.js'
import type { ErrorContext } from './context.js'
import { IntegrationError } from './integration-error.js'

/** The configuration or an argument is wrong. */
export class ConfigError extends IntegrationError {
  readonly kind = 'config'
  /** Every fault of the configuration, with its place; empty for a wrong argument. */
  readonly diagnostics: readonly Diagnostic[]
  /**
   * Not retryable by default.
   * @param message what is wrong, in words
   * @param diagnostics every fault with its place; empty for a wrong argument
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(message: string, diagnostics: readonly Diagnostic[] = [], context: ErrorContext = {}) {
    super(message, context, false)
    this.diagnostics = diagnostics
  }
}

keepNames({ ConfigError })
