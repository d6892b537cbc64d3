// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `to` block: Where messages go: one of `topic`, `queue` and `method`. */
export interface RouteToBlock {
  /** The integration with the topic, queue or method. */
  readonly integration: string
  /** Topic to publish to. May contain paths into the message. Example: `"archive/${message.topic}"`. */
  readonly topic?: string | undefined
  /** Queue to send to. May contain paths into the message. */
  readonly queue?: string | undefined
  /** Method to call with the payload as its parameters. A message is accepted when the call is answered. */
  readonly method?: string | undefined
  /** Quality of service of each publish. Default: that of the protocol. */
  readonly qos?: 0 | 1 | 2 | undefined
  /** Whether the broker retains the message. */
  readonly retain?: boolean | undefined
  /** Wire format of payloads. Default: that of the integration. */
  readonly format?: string | undefined
}
