import type { AdapterManifest } from '../core/manifest.js'
import { grpcManifest } from './grpc/manifest.js'
import { jsonRpcManifest } from './json-rpc/manifest.js'
import { memoryManifest } from './memory/manifest.js'
import { mqttManifest } from './mqtt/manifest.js'
import { natsManifest } from './nats/manifest.js'
import { redisManifest } from './redis/manifest.js'

/** The built-in protocols by the `type` of the configuration. */
export const ADAPTERS: readonly AdapterManifest[] = [
  grpcManifest,
  jsonRpcManifest,
  memoryManifest,
  mqttManifest,
  natsManifest,
  redisManifest,
]

/** Returns the manifest of a type, or `undefined`. */
export function adapterManifest(type: string): AdapterManifest | undefined {
  return ADAPTERS.find((manifest) => manifest.type === type)
}
