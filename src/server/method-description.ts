/** A JSON Schema. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

/** Describes a method for callers that ask for it (`rpc.discover`). */
export interface MethodDescription {
  /** What the method does, in a sentence. */
  readonly description?: string
  /**
   * The schema of the parameters: of an object for parameters by name, or of an array with `prefixItems` for parameters
   * by position.
   */
  readonly params?: JsonSchema
  /** The schema of the result. */
  readonly result?: JsonSchema
}
