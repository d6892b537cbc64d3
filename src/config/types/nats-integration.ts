// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type {
  BasicAuthBlock,
  BearerAuthBlock,
  CredsAuthBlock,
  JwtAuthBlock,
  MtlsAuthBlock,
  NkeyAuthBlock,
  NoneAuthBlock,
  OAuth2AuthBlock,
  PasswordAuthBlock,
  TokenAuthBlock,
} from './auth.js'
import type { IntegrationAttributes } from './integration-attributes.js'
import type { NatsConfigBlock } from './nats-config.js'

/** A block `integration` of type `nats`. A connection to a service or broker. */
export interface NatsIntegrationBlock extends IntegrationAttributes {
  /** Protocol. */
  readonly type: 'nats'
  /** Settings of the protocol. */
  readonly config?: NatsConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"json"`
   */
  readonly format?: 'json' | 'msgpack' | 'binary' | 'protobuf' | undefined
  /** How the integration authenticates itself. */
  readonly auth?:
    | NoneAuthBlock
    | BasicAuthBlock
    | PasswordAuthBlock
    | TokenAuthBlock
    | NkeyAuthBlock
    | CredsAuthBlock
    | MtlsAuthBlock
    | BearerAuthBlock
    | JwtAuthBlock
    | OAuth2AuthBlock
    | undefined
}
