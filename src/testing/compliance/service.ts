import { type Clock, sleep, systemClock } from '../../core/clock.js'
import { RpcError } from '../../core/errors/rpc.js'

/** The methods that the cases call. The test of a protocol that cannot serve provides its own server for them. */
export const COMPLIANCE_METHODS = ['echo', 'fail', 'slow', 'remember', 'recall'] as const
/** The name of a method of `ComplianceService`. */
export type ComplianceMethod = (typeof COMPLIANCE_METHODS)[number]

/** The error of `fail`. */
export const REFUSAL = { code: -32_042, message: 'refused: ü', data: { because: ['test', null, 1] } } as const

/**
 * The service that the cases call. One instance keeps the parameters of `remember` and the token of each `slow`.
 */
export class ComplianceService {
  readonly #clock: Clock
  readonly #remembered: unknown[] = []

  /** Makes a service without remembered values. @param clock the clock that `slow` uses */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /**
   * Answers one call. May be called concurrently.
   * @param params as the caller gave them
   * @returns the result
   * @throws RpcError for `fail`
   */
  async handle(method: ComplianceMethod, params: unknown): Promise<unknown> {
    switch (method) {
      case 'echo':
        return params ?? null
      case 'fail':
        throw new RpcError(REFUSAL.code, REFUSAL.message, REFUSAL.data)
      case 'slow': {
        const { ms, value, token } = params as { ms: number; value?: unknown; token?: unknown }
        if (token !== undefined) this.#remembered.push({ token })
        await sleep(this.#clock, ms)
        return value ?? null
      }
      case 'remember':
        this.#remembered.push(params)
        return true
      case 'recall':
        return this.#remembered
    }
  }
}

/**
 * Tells whether a name is a method of `ComplianceService`. Never throws.
 * @param method the name
 * @returns true when it is
 */
export function isComplianceMethod(method: string): method is ComplianceMethod {
  return (COMPLIANCE_METHODS as readonly string[]).includes(method)
}
