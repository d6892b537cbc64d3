// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `listen` block: Where the broker listens. */
export interface BrokerListenBlock {
  /**
   * The address to listen on. The default is loopback, because the broker does not authenticate clients.
   * @defaultValue `"127.0.0.1"`
   */
  readonly address?: string | undefined
  /**
   * The port to listen on; 0 selects a free port.
   * A whole number from 0 to 65535.
   * @defaultValue `1883`
   */
  readonly port?: number | undefined
  /**
   * How many connections may be open; further ones are closed at once.
   * A whole number of at least 1.
   * @defaultValue `1000`
   */
  readonly max_connections?: number | undefined
  /**
   * Maximum size of a packet in bytes; a client that sends a larger one is disconnected.
   * A whole number from 1024 to 268435455.
   * @defaultValue `16777216`
   */
  readonly max_packet?: number | undefined
}
