import type { CaseSettings } from './case-settings.js'
import type { CaseContext } from './context.js'
import type { Need } from './options.js'

/** One thing that an adapter must do. */
export interface ComplianceCase extends CaseSettings {
  readonly name: string
  /** Leaves the gateway as it found it, so that cases can share one. */
  readonly shares?: boolean
  /** Left out where one of these is missing. */
  readonly needs: readonly Need[]
  /** Fails by throwing. */
  run(context: CaseContext): Promise<void>
}
