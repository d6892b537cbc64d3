// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type {
  BasicAuthBlock,
  BearerAuthBlock,
  JwtAuthBlock,
  MtlsAuthBlock,
  NoneAuthBlock,
  PasswordAuthBlock,
} from './auth.js'
import type { IntegrationAttributes } from './integration-attributes.js'
import type { MqttConfigBlock } from './mqtt-config.js'

/** A block `integration` of type `mqtt`. A connection to a service or broker. */
export interface MqttIntegrationBlock extends IntegrationAttributes {
  /** Protocol. */
  readonly type: 'mqtt'
  /** Settings of the protocol. */
  readonly config?: MqttConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"msgpack"`
   */
  readonly format?: 'msgpack' | 'json' | 'binary' | 'protobuf' | undefined
  /** How the integration authenticates itself. */
  readonly auth?:
    | NoneAuthBlock
    | BasicAuthBlock
    | PasswordAuthBlock
    | BearerAuthBlock
    | JwtAuthBlock
    | MtlsAuthBlock
    | undefined
}
