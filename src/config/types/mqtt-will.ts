// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `will` block: The message that the broker publishes when the main connection is lost. */
export interface MqttWillBlock {
  /** The topic of the will. */
  readonly topic: string
  /** The payload of the will. */
  readonly payload: string
  /**
   * The quality of service of the will.
   * @defaultValue `0`
   */
  readonly qos?: 0 | 1 | 2 | undefined
  /**
   * Whether the broker retains the will for later subscribers.
   * @defaultValue `false`
   */
  readonly retain?: boolean | undefined
}
