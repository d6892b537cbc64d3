// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { NoneAuthBlock } from './auth.js'
import type { IntegrationAttributes } from './integration-attributes.js'
import type { MemoryConfigBlock } from './memory-config.js'

/** A block `integration` of type `memory`. A connection to a service or broker. */
export interface MemoryIntegrationBlock extends IntegrationAttributes {
  /** Protocol. */
  readonly type: 'memory'
  /** Settings of the protocol. */
  readonly config?: MemoryConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"json"`
   */
  readonly format?: 'json' | 'msgpack' | 'binary' | 'protobuf' | undefined
  /** How the integration authenticates itself. */
  readonly auth?: NoneAuthBlock | undefined
}
