// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `keys` block: How the keys of `jwks_url` or `issuer` are kept. */
export interface ServeAuthKeysBlock {
  /**
   * Age at which the keys are fetched again, while those in use go on.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10m"`
   */
  readonly max_age?: Duration | undefined
  /**
   * How long keys are used beyond `max_age` while the identity provider is away.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"24h"`
   */
  readonly max_stale?: Duration | undefined
  /**
   * Shortest time between two fetches because of tokens with an unknown key.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly cooldown?: Duration | undefined
  /**
   * Time limit of one fetch.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"5s"`
   */
  readonly timeout?: Duration | undefined
}
