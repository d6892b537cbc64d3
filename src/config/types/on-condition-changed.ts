// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `changed` block: Holds if a part of the value differs from the previous value. */
export interface OnConditionChangedBlock {
  /**
   * Path in `trigger.value`. Default: the value itself.
   * @defaultValue `""`
   */
  readonly path?: string | undefined
}
