import type { ServerConfig } from './config/gateway-config.js'
import { sleep, systemClock } from './core/clock.js'
import { ShutdownError } from './core/errors/lifecycle.js'
import { scriptHandler } from './gateway-scripts.js'
import { messageOf } from './mailbox/error-codec.js'
import type { Reporter } from './reporter.js'
import type { Scripts } from './scripts/scripts.js'
import type { RpcServer } from './server/rpc-server.js'

/** The pause before methods are served again after a failure, in milliseconds. */
const SERVE_AGAIN_MS = 1_000

/**
 * Serves the methods whose handlers are functions of scripts.
 * @param isOver whether the gateway shuts down
 */
export function serveScripts(
  servers: readonly ServerConfig[],
  scripts: Scripts,
  gateway: { server(name: string): RpcServer },
  reporter: Reporter,
  isOver: () => boolean,
): void {
  for (const { settings, handlers } of servers) {
    const { name } = settings
    const server = gateway.server(name)
    for (const [method, handler] of handlers) server.register(method, scriptHandler(scripts, handler))
    if (handlers.size > 0) void serve(name, server, reporter, isOver)
  }
}

async function serve(
  integration: string,
  server: RpcServer,
  reporter: Reporter,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver())
    try {
      return await server.serve()
    } catch (error) {
      if (error instanceof ShutdownError) return
      const message = 'cannot serve the methods of scripts; trying again'
      reporter.log({ level: 'warn', message, integration, reason: messageOf(error) })
      await sleep(systemClock, SERVE_AGAIN_MS)
    }
}
