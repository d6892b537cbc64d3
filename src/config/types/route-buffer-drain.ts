// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `drain` block: Limits how fast a full buffer empties. */
export interface RouteBufferDrainBlock {
  /**
   * Maximum number of messages per second that leave the buffer.
   * A whole number of at least 1.
   */
  readonly rate: number
}
