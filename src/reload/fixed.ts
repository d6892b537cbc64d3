import { isDeepStrictEqual } from 'node:util'
import type { GatewayConfig, ServerConfig } from '../config/gateway-config.js'

/** Returns which part of a running gateway differs that a reload cannot change; `undefined` if there is none. Pure. */
export function fixedPart(before: GatewayConfig, after: GatewayConfig): string | undefined {
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

/** The sentence for a part that a reload cannot change. */
export function cannotChange(part: string): string {
  return `a reload cannot change ${part}: start the gateway again`
}

/** What a server does on the thread of the host. */
function hosted({ handlers, requires, expose, settings }: ServerConfig) {
  return { handlers, requires, expose, discover: settings.config.discover }
}
