// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `fields` block:  */
export interface TransformFieldsBlock {
  /** undefined */
  readonly count?: string | undefined
  /** undefined */
  readonly sum?: string | undefined
  /** undefined */
  readonly avg?: string | undefined
  /** undefined */
  readonly min?: string | undefined
  /** undefined */
  readonly max?: string | undefined
  /** undefined */
  readonly first?: string | undefined
  /** undefined */
  readonly last?: string | undefined
}
