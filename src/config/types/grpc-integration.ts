// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type {
  BasicAuthBlock,
  BearerAuthBlock,
  JwtAuthBlock,
  MtlsAuthBlock,
  NoneAuthBlock,
  OAuth2AuthBlock,
} from './auth.js'
import type { GrpcConfigBlock } from './grpc-config.js'
import type { IntegrationAttributes } from './integration-attributes.js'

/** A block `integration` of type `grpc`. A connection to a service or broker. */
export interface GrpcIntegrationBlock extends IntegrationAttributes {
  /** Protocol. */
  readonly type: 'grpc'
  /** Settings of the protocol. */
  readonly config?: GrpcConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"protobuf"`
   */
  readonly format?: 'protobuf' | 'json' | 'binary' | undefined
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
