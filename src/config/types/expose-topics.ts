// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `topics` block:  */
export interface ExposeTopicsBlock {
  /** Integration that the topic is subscribed at. */
  readonly integration: string
  /** Topic or pattern, as the integration writes it. Example: `"orders/#"`. */
  readonly topic: string
}
