import { INSPECT, shownError } from '../inspect.js'
import { keepNames } from './class-names.js'
import type { ErrorClass, ErrorContext } from './context.js'
import type { ErrorKind } from './kinds.js'

/**
 * The base class of every error that the gateway's clients reject with. Match on `kind`: it is a closed union and works
 * across copies of the library, where `instanceof` fails.
 */
export abstract class IntegrationError extends Error {
  /** What went wrong, from a closed list. */
  abstract readonly kind: ErrorKind
  /** The integration in which it happened; empty if there is none. */
  readonly integration: string
  /** Whether the same operation may succeed if it is repeated. */
  readonly retryable: boolean
  /** The transient class that `retry { retryable_errors }` matches on; absent if no class applies. */
  readonly errorClass: ErrorClass | undefined
  /** How long the other side asked us to wait before the next attempt, in milliseconds; absent if it did not ask. */
  declare readonly retryAfterMs?: number
  /** True if the operation certainly had no effect and may be repeated; absent if that is unknown. */
  declare readonly notExecuted?: boolean
  /** `local` if the cause is on our side; the circuit breaker does not count such errors. */
  declare readonly fault?: 'local' | 'remote'

  /**
   * For the classes below.
   * @param message what went wrong, in words
   * @param context overrides what the class has by default
   * @param retryableByDefault the default of `retryable`
   * @param errorClass the default of `errorClass`
   */
  constructor(message: string, context: ErrorContext, retryableByDefault: boolean, errorClass?: ErrorClass) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause })
    this.name = new.target.name
    this.integration = context.integration ?? ''
    this.retryable = context.retryable ?? retryableByDefault
    this.errorClass = context.errorClass ?? errorClass
    const { retryAfterMs, notExecuted, fault } = context
    if (retryAfterMs !== undefined) Object.assign(this, { retryAfterMs })
    if (notExecuted !== undefined) Object.assign(this, { notExecuted })
    if (fault !== undefined) Object.assign(this, { fault })
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): Error {
    return shownError(this)
  }
}

keepNames({ IntegrationError })
