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

/**
 * A block `integration` with an application's own adapter, or of a type that the compiler does not know. A
 * connection to a service or broker.
 */
export interface CustomIntegrationBlock extends IntegrationAttributes {
  /** The path of a module, or the name of a package, that exports an adapter. */
  readonly type: string
  /** Settings of the protocol. */
  readonly config?: { readonly [name: string]: unknown } | undefined
  /** Wire format of payloads. It must be a format of the protocol. */
  readonly format?: string | undefined
  /** How the integration authenticates itself. */
  readonly auth?:
    | NoneAuthBlock
    | BasicAuthBlock
    | BearerAuthBlock
    | PasswordAuthBlock
    | MtlsAuthBlock
    | JwtAuthBlock
    | OAuth2AuthBlock
    | TokenAuthBlock
    | NkeyAuthBlock
    | CredsAuthBlock
    | undefined
}
