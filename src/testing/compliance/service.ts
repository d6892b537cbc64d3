import { type Clock, sleep, systemClock } from '../../core/clock.js'
import { RpcError } from '../../core/errors.js'

/** The methods that the cases call. A test of a protocol that cannot serve puts a server of its own in front of it. */
export const COMPLIANCE_METHODS = ['echo', 'fail', 'slow', 'remember', 'recall'] as const
export type ComplianceMethod = (typeof COMPLIANCE_METHODS)[number]

/** What `fail` answers with. */
export const REFUSAL = { code: -32_042, message: 'refused: ü', data: { because: ['test', null, 1] } } as const

/** The service that the cases call. One instance keeps what `remember` was given, and the token of each `slow`. */
export class ComplianceService {
  readonly #clock: Clock
  readonly #remembered: unknown[] = []

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** Answers one call. @throws RpcError */
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

export function isComplianceMethod(method: string): method is ComplianceMethod {
  return (COMPLIANCE_METHODS as readonly string[]).includes(method)
}
