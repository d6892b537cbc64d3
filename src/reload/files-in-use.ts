import { resolve } from 'node:path'
import type { GatewayConfig } from '../config/gateway-config.js'
import { isPath } from '../config/spans.js'

/** Returns the files that the blocks of a configuration are in, absolute. */
export function filesInUse({ written }: GatewayConfig): ReadonlySet<string> {
  const names = new Set([...(written?.blocks.values() ?? [])].map(({ span }) => span.source.name))
  return new Set([...names].filter((name) => !isPath(name)).map((name) => resolve(name)))
}
