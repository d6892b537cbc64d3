// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/**
 * The `dead_letter` block: Where messages go that cannot be delivered. Default: they are only reported, by
 * the event `message:dead`.
 */
export interface RouteDeadLetterBlock {
  /** The integration with the topic, queue or method. */
  readonly integration: string
  /** Topic to publish to. May contain paths into the message. Example: `"archive/${message.topic}"`. */
  readonly topic?: string | undefined
  /** Queue to send to. May contain paths into the message. */
  readonly queue?: string | undefined
}
