import type { ScriptFunction } from '../core/settings/script.js'
import type { GatewayConfig } from './gateway-config.js'

/** The functions that the configuration names. */
export function functionsIn({ servers, actions, data, routes }: GatewayConfig): readonly ScriptFunction[] {
  return [
    ...servers.flatMap(({ handlers }) => [...handlers.values()]),
    ...actions.flatMap((action) => (action.type === 'script' ? [action.handler] : [])),
    ...[...data, ...routes].flatMap(({ transforms }) =>
      transforms.flatMap((each) => (each.type === 'script' ? [each.handler] : [])),
    ),
  ]
}
