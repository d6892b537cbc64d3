// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { BasicAuthBlock, MtlsAuthBlock, NoneAuthBlock, PasswordAuthBlock } from './auth.js'
import type { IntegrationAttributes } from './integration-attributes.js'
import type { RedisConfigBlock } from './redis-config.js'

/** A block `integration` of type `redis`. A connection to a service or broker. */
export interface RedisIntegrationBlock extends IntegrationAttributes {
  /** Protocol. */
  readonly type: 'redis'
  /** Settings of the protocol. */
  readonly config?: RedisConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"json"`
   */
  readonly format?: 'json' | 'msgpack' | 'binary' | 'protobuf' | undefined
  /** How the integration authenticates itself. */
  readonly auth?: NoneAuthBlock | PasswordAuthBlock | BasicAuthBlock | MtlsAuthBlock | undefined
}
