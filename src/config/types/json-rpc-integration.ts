// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type {
  BasicAuthBlock,
  BearerAuthBlock,
  JwtAuthBlock,
  MtlsAuthBlock,
  NoneAuthBlock,
  OAuth2AuthBlock,
} from './auth.js'
import type { IntegrationAttributes } from './integration-attributes.js'
import type { JsonRpcConfigBlock } from './json-rpc-config.js'

/** A block `integration` of type `json-rpc`. A connection to a service or broker. */
export interface JsonRpcIntegrationBlock extends IntegrationAttributes {
  /** Protocol. */
  readonly type: 'json-rpc'
  /** Settings of the protocol. */
  readonly config?: JsonRpcConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"json"`
   */
  readonly format?: 'json' | undefined
  /** How the integration authenticates itself. */
  readonly auth?:
    | NoneAuthBlock
    | BasicAuthBlock
    | BearerAuthBlock
    | JwtAuthBlock
    | MtlsAuthBlock
    | OAuth2AuthBlock
    | undefined
}
