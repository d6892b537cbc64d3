import { isDeepStrictEqual } from 'node:util'
import type { GatewayConfig, ServerConfig } from '../config/gateway-config.js'

const NOTHING_LEFT =
  'the new configuration has no blocks, and a reload does not remove all that runs: its file may have been cut short; to end the gateway, send it SIGTERM or call shutdown'

/** Returns why no gateway can change from one configuration to another; `undefined` if it can. Pure. */
export function impossibleChange(before: GatewayConfig, after: GatewayConfig): string | undefined {
  if (hasBlocks(before) && !hasBlocks(after)) return NOTHING_LEFT
  const part = fixedPart(before, after)
  return part && `a reload cannot change ${part}: start the gateway again`
}

function hasBlocks({ written }: GatewayConfig): boolean {
  return written === undefined || written.blocks.size > 0
}

/** Returns which part of a running gateway differs that a reload cannot change; `undefined` if there is none. */
function fixedPart(before: GatewayConfig, after: GatewayConfig): string | undefined {
  if (!isDeepStrictEqual(before.scripts, after.scripts)) return 'the blocks "script"'
  for (const server of after.servers) {
    const { name } = server.settings
    const running = before.servers.find(({ settings }) => settings.name === name)
    if (
      running === undefined ? server.handlers.size > 0 : !isDeepStrictEqual(hosted(running), hosted(server))
    )
      return `what the server "${name}" serves from the host: handlers, "requires", "expose" and "discover"`
  }
  return undefined
}

/** What a server does on the thread of the host. */
function hosted({ handlers, requires, expose, settings }: ServerConfig) {
  return { handlers, requires, expose, discover: settings.config.discover }
}
