// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `from` block: Where messages come from: one of `topic`, `queue` and `method`. */
export interface RouteFromBlock {
  /** The integration with the topic, queue or method. Example: `integration.events`. */
  readonly integration?: string | undefined
  /** The `server` block with the method, in place of an integration. */
  readonly server?: string | undefined
  /** Pattern to subscribe to. Example: `"sensors/#"`. */
  readonly topic?: string | undefined
  /** Queue to consume. */
  readonly queue?: string | undefined
  /** Method to serve. The caller is answered when the sink has accepted the request. */
  readonly method?: string | undefined
  /** Quality of service of the subscription. Default: that of the protocol. */
  readonly qos?: 0 | 1 | 2 | undefined
  /** Wire format of payloads. Default: that of the integration. */
  readonly format?: string | undefined
}
