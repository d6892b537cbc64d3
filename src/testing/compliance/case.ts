import type { CaseContext } from './context.js'
import type { Feature } from './features.js'

/** One thing that an adapter must do. */
export interface ComplianceCase {
  readonly name: string
  /** Left out where one of these is missing. */
  readonly needs: readonly (Feature | 'restartBroker')[]
  /** The mailbox of the integration under test, where the case is about its limits. */
  readonly mailbox?: { readonly messages: number; readonly bytes?: string }
  /** Fails by throwing. */
  run(context: CaseContext): Promise<void>
}
