// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `service` block: How served methods appear in service discovery (`nats micro ls`). */
export interface NatsServiceBlock {
  /** The service name; by default the name of the integration. */
  readonly name?: string | undefined
  /**
   * The version of the service.
   * @defaultValue `"0.0.1"`
   */
  readonly version?: string | undefined
  /**
   * What the service is for.
   * @defaultValue `""`
   */
  readonly description?: string | undefined
  /**
   * The queue group in which the servers of a method share its requests.
   * @defaultValue `"q"`
   */
  readonly queue_group?: string | undefined
}
