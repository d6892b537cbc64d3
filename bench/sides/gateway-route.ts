import { Gateway } from '../../src/index.js'
import type { Side } from '../measure/compare.js'
import { connected, type Integrations } from './gateway.js'

const ROUTE = 'bench'

/** A route of a gateway that runs in its turns only. Counts what the sink has accepted. */
export function gatewayRoute(
  source: Integrations[string],
  sink: Integrations[string],
  pattern: string,
): Side {
  return {
    async begin() {
      const gateway = await Gateway.start({
        integrations: { source, sink },
        routes: {
          [ROUTE]: {
            from: { integration: 'source', topic: pattern },
            // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the configuration
            to: { integration: 'sink', topic: '${message.topic}' },
          },
        },
      })
      await connected(gateway, ['source', 'sink'])
      return {
        count: () => gateway.metrics().routes[ROUTE]!.counts.routed,
        stop: () => gateway.shutdown(),
      }
    },
    close: async () => {},
  }
}
