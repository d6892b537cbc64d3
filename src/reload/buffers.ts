import type { GatewayConfig } from '../config/gateway-config.js'
import type { Plan } from '../core/reload-plan.js'
import type { RouteSettings } from '../core/settings/route.js'

/** What runs, as far as the buffers of routes need it. */
export interface BufferState {
  /** The messages in the buffer of a route. */
  buffered(route: string): number
  isConnected(integration: string): boolean
}

/**
 * Returns why a reload would lose or strand what is in the buffer of a route; `undefined` if it would not. Its source has
 * acknowledged these messages long ago. Pure.
 */
export function endangeredBuffer(
  before: GatewayConfig,
  after: GatewayConfig,
  plan: Plan,
  state: BufferState,
): string | undefined {
  const isMoved = ({ from }: RouteSettings) =>
    plan.some(
      ({ kind, name, action }) =>
        (kind === 'integration' || kind === 'server') &&
        name === from.integration &&
        action !== 'unchanged' &&
        action !== 'in place',
    )
  const delivers = (folder: string) => after.routes.some(({ buffer }) => buffer?.folder === folder)
  for (const route of before.routes) {
    const { name, buffer, to, from } = route
    const messages = state.buffered(name)
    if (buffer === undefined || messages === 0) continue
    const { folder } = buffer
    if (folder !== undefined && !delivers(folder))
      return refusal(`no route would deliver ${messages} messages that the route "${name}" has in ${folder}`)
    if (folder === undefined && isMoved(route) && !state.isConnected(to.integration))
      return refusal(
        `the route "${name}" has ${messages} messages in memory, and the change of "${from.integration}" would lose them, because "${to.integration}" is not connected`,
      )
  }
  return undefined
}

function refusal(why: string): string {
  return `${why}; reload when they are delivered`
}
