// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `config` block: Calls a method. The result of the action is that of the call. */
export interface RpcActionConfigBlock {
  /** The integration, as `integration.NAME` or as text. Example: `integration.backend`. */
  readonly integration: string
  /** The method to call. Example: `"orders.create"`. */
  readonly method: string
  /** Parameters of the call. Default, also for `{}`: the trigger. */
  readonly params?: unknown
  /** Headers or metadata of the call. */
  readonly headers?: { readonly [name: string]: string } | undefined
  /**
   * Whether the call may be repeated after its connection or actor is lost.
   * @defaultValue `false`
   */
  readonly idempotent?: boolean | undefined
}
