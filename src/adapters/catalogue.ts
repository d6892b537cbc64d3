import type { AdapterManifest } from '../core/manifest.js'
import { grpcManifest } from './grpc/manifest.js'
import { jsonRpcManifest } from './json-rpc/manifest.js'
import { memoryManifest } from './memory/manifest.js'
import { mqttManifest } from './mqtt/manifest.js'
import { natsManifest } from './nats/manifest.js'
import { redisManifest } from './redis/manifest.js'

/** Every protocol that the gateway brings, by the `type` of the configuration. */
export const ADAPTERS: readonly AdapterManifest[] = [
  grpcManifest,
  jsonRpcManifest,
  memoryManifest,
  mqttManifest,
  natsManifest,
  redisManifest,
]

/** The manifest of that type, or `undefined`. */
export function adapterManifest(type: string): AdapterManifest | undefined {
  return ADAPTERS.find((manifest) => manifest.type === type)
}
