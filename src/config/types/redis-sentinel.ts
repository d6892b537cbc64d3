// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `sentinel` block: Treats the endpoint's addresses as sentinels, which report the master. */
export interface RedisSentinelBlock {
  /** The name of the master that the sentinels watch. */
  readonly master: string
  /** The user name for the sentinels. */
  readonly username?: string | undefined
  /**
   * The password for the sentinels.
   * Secret: appears in no message.
   */
  readonly password?: string | undefined
  /**
   * Whether connections to the sentinels use the endpoint's TLS settings too.
   * @defaultValue `false`
   */
  readonly tls?: boolean | undefined
}
