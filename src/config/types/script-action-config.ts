// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `config` block: Calls a function of a script. The result of the action is that of the function. */
export interface ScriptActionConfigBlock {
  /** The function, as `script.NAME.FUNCTION` or as text. Example: `script.orders.total`. */
  readonly function: string
  /** Its parameters. Default, also for `{}`: the trigger. */
  readonly params?: unknown
}
