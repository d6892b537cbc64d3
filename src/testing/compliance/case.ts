import type { CaseSettings } from './case-settings.js'
import type { CaseContext } from './context.js'
import type { Need } from './options.js'

/** One requirement for an adapter. */
export interface ComplianceCase extends CaseSettings {
  readonly name: string
  /** Whether the case leaves its gateway unchanged, so that cases can share one. */
  readonly shares?: boolean
  /** The case is omitted if one of these is missing. */
  readonly needs: readonly Need[]
  /** Runs the case. Throws if it fails. */
  run(context: CaseContext): Promise<void>
}
