import type { ServerConfig } from './config/gateway-config.js'
import { sleep, systemClock } from './core/clock.js'
import { ShutdownError } from './core/errors/lifecycle.js'
import type { LogRecord } from './core/telemetry.js'
import { scriptHandler } from './gateway-scripts.js'
import { messageOf } from './mailbox/error-codec.js'
import type { Scripts } from './scripts/scripts.js'
import type { RpcServer } from './server/rpc-server.js'

/** The pause before methods are served again after a failure, in milliseconds. */
const SERVE_AGAIN_MS = 1_000

export interface ServingParts {
  server(name: string): RpcServer
  /** Whether the gateway shuts down. */
  isOver(): boolean
  log(record: LogRecord): void
}

/** Serves the methods whose handlers are functions of scripts. */
export function serveScripts(servers: readonly ServerConfig[], scripts: Scripts, parts: ServingParts): void {
  for (const { settings, handlers } of servers) {
    const { name } = settings
    const server = parts.server(name)
    for (const [method, handler] of handlers) server.register(method, scriptHandler(scripts, handler))
    if (handlers.size > 0) void serve(name, server, parts)
  }
}

async function serve(integration: string, server: RpcServer, { isOver, log }: ServingParts): Promise<void> {
  while (!isOver())
    try {
      return await server.serve()
    } catch (error) {
      if (error instanceof ShutdownError) return
      const message = 'cannot serve the methods of scripts; trying again'
      log({ level: 'warn', message, integration, reason: messageOf(error) })
      await sleep(systemClock, SERVE_AGAIN_MS)
    }
}
