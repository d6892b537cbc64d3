// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/**
 * The `config` block: Runs one of two actions. The result of the action is that of the other; `null` if none
 * runs.
 */
export interface ConditionalActionConfigBlock {
  /** The condition. Example: `trigger.value.price > 10`. */
  readonly condition: boolean | string
  /** The action that runs if the condition is true. */
  readonly then?: string | undefined
  /** The action that runs if the condition is false. */
  readonly else?: string | undefined
}
