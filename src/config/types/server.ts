// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { AnyServerBlock } from './any-server.js'
import type { GrpcServerBlock } from './grpc-server.js'
import type { JsonRpcServerBlock } from './json-rpc-server.js'

/** The block `server`: Serves methods on a listener of the gateway. */
export type ServerBlock = GrpcServerBlock | JsonRpcServerBlock | AnyServerBlock
