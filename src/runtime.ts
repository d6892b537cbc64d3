import { ConfigError } from './core/errors/config.js'

/** Runtimes that resemble Node but do not pass messages between worker threads as Node does. */
const FOREIGN = { bun: 'Bun', deno: 'Deno' } as const

/** Checks that this runtime is Node. @throws ConfigError on other runtimes, where worker threads would fail or hang */
export function requireNode(versions: Readonly<Record<string, string | undefined>>): void {
  for (const [key, name] of Object.entries(FOREIGN)) {
    const version = versions[key]
    if (version === undefined) continue
    throw new ConfigError(
      `nemo-gateway needs Node 20.19 or newer, found ${name} ${version}: its worker threads do not exchange messages as those of Node do`,
    )
  }
}
