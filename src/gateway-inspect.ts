import { shownAs } from './core/inspect.js'
import type { GatewayMetrics } from './gateway-metrics.js'

/** Makes what `console.log` shows for a gateway: its integrations, servers and brokers with their states. */
export function shownGateway(
  { integrations, servers, brokers }: GatewayMetrics,
  isShutDown: boolean,
): object {
  return shownAs('Gateway', {
    state: isShutDown ? 'shut down' : 'running',
    integrations: each(integrations, ({ type, connection }) => `${type}, ${connection}`),
    servers: each(servers, ({ type, connection }) => `${type}, ${connection}`),
    brokers: each(brokers, ({ type, running }) => `${type}, ${running ? 'running' : 'not running'}`),
  })
}

/** A description of each by name; `undefined` if there are none. */
function each<T>(things: Readonly<Record<string, T>>, words: (thing: T) => string): object | undefined {
  const entries = Object.entries(things)
  if (entries.length === 0) return undefined
  return Object.fromEntries(entries.map(([name, thing]) => [name, words(thing)]))
}
