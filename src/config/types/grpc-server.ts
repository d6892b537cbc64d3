// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { GrpcServerConfigBlock } from './grpc-server-config.js'
import type { ServerAttributes } from './server-attributes.js'

/** A block `server` of type `grpc`. Serves methods on a listener of the gateway. */
export interface GrpcServerBlock extends ServerAttributes {
  /** Protocol. */
  readonly type: 'grpc'
  /** Settings of the protocol. */
  readonly config?: GrpcServerConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"protobuf"`
   */
  readonly format?: 'protobuf' | 'json' | 'binary' | undefined
}
