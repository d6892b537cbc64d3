// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The block `variable`: A value that is passed to the configuration and used as `var.NAME`. */
export interface VariableBlock {
  /** Value of the variable if none is given. */
  readonly default?: unknown
  /** Type of the value: `string`, `number`, `bool`, `any`, `list(…)` or `map(…)`. Example: `list(string)`. */
  readonly type?: string | undefined
  /** Purpose of the variable, for readers of the configuration. */
  readonly description?: string | undefined
  /** Whether to mask the value in every message. Default: only if the name sounds like a secret. */
  readonly sensitive?: boolean | undefined
}
