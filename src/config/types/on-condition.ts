// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { OnConditionChangedBlock } from './on-condition-changed.js'
import type { OnConditionThresholdBlock } from './on-condition-threshold.js'

/** The `condition` block: The condition as a block: one of `threshold`, `changed` and `jq`. */
export interface OnConditionBlock {
  /** Holds once each time a number crosses a threshold. */
  readonly threshold?: OnConditionThresholdBlock | undefined
  /** Holds if a part of the value differs from the previous value. */
  readonly changed?: OnConditionChangedBlock | undefined
  /** A jq query on the trigger. Holds if its first result is neither false nor null. */
  readonly jq?: string | undefined
}
