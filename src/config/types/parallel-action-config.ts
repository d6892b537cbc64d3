// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/**
 * The `config` block: Runs actions at the same time. The result of the action is the list of their results.
 */
export interface ParallelActionConfigBlock {
  /** The actions. All run to their end, also if one fails. */
  readonly actions: readonly string[]
}
