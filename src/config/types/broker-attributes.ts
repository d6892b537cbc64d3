// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { BrokerLimitsBlock } from './broker-limits.js'
import type { SupervisionBlock } from './supervision.js'

/** What every block `broker` may have. */
export interface BrokerAttributes {
  /** Resource limits of the broker. */
  readonly limits?: BrokerLimitsBlock | undefined
  /** How the actor is supervised and restarted. */
  readonly supervision?: SupervisionBlock | undefined
}
