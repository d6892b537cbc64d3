// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { TransformBlock } from './transform.js'

/** What every block `data` may have. */
export interface DataAttributes {
  /** The integration, as `integration.NAME` or as text. Example: `integration.backend`. */
  readonly integration: string
  /**
   * How a new value changes the data: `replace` replaces it, `append` adds the new value to a list, `partial`
   * applies it as a merge patch (RFC 7396).
   * @defaultValue `"replace"`
   */
  readonly update?: 'replace' | 'append' | 'partial' | undefined
  /**
   * Maximum length of the list with `update = "append"`. The oldest values are dropped.
   * A whole number from 1 to 100000.
   * @defaultValue `1000`
   */
  readonly limit?: number | undefined
  /** Transforms in order. */
  readonly transform?: TransformBlock | readonly TransformBlock[] | undefined
}
