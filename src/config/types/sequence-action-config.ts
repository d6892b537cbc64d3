// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `config` block: Runs actions one after the other. The result of the action is that of the last. */
export interface SequenceActionConfigBlock {
  /**
   * The actions, in order. Each sees the results of those before it as `action.NAME.result`. The first
   * failure ends the sequence.
   */
  readonly actions: readonly string[]
}
