import type { Diagnostic } from '../../core/diagnostic.js'
import type { PricedBlock } from '../../core/reload-plan.js'

/** What a reload would do. */
export interface Proposal {
  readonly blocks: readonly PricedBlock[]
  /** Why a reload would be refused. Absent if it would not. */
  readonly refused?: string
  /** Warnings about the new configuration. */
  readonly diagnostics: readonly Diagnostic[]
}
