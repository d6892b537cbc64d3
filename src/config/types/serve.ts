// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type {
  ServerBasicAuthBlock,
  ServerBearerAuthBlock,
  ServerJwtAuthBlock,
  ServerMtlsAuthBlock,
  ServerNoneAuthBlock,
  ServerOAuth2AuthBlock,
} from './auth.js'
import type { ServeMethodBlock } from './serve-method.js'

/**
 * The `serve` block: Who may call the methods that are served through the broker. Callers send their
 * credentials as the header, user property or field `authorization` of each request.
 */
export interface ServeBlock {
  /** How callers authenticate themselves. Without this block everybody may call everything. */
  readonly auth?:
    | ServerNoneAuthBlock
    | ServerJwtAuthBlock
    | ServerBearerAuthBlock
    | ServerBasicAuthBlock
    | ServerMtlsAuthBlock
    | ServerOAuth2AuthBlock
    | undefined
  /** Methods by their names. In HCL: `method "NAME" { … }`. */
  readonly method?: { readonly [name: string]: ServeMethodBlock } | undefined
}
