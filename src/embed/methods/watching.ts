import { z } from 'zod'
import { type Method, method } from '../method.js'
import { integration, nothing } from '../schemas.js'

/** The methods that watch a gateway. */
export const WATCHING: Readonly<Record<string, Method>> = {
  status: method({
    summary: 'Returns the status of the connection of an integration, or of all.',
    params: z.strictObject({
      integration: z
        .string()
        .min(1)
        .meta({ description: 'The label of an `integration` or `server` block. Default: all.' })
        .optional(),
    }),
    result: z.looseObject({}).meta({
      description: 'The status (docs/status.md); without `integration` an object with one for each label.',
    }),
    errors: [],
    run({ integration: of }, { gateway }) {
      const { connections } = gateway
      if (of !== undefined) return { ...connections.status(of) }
      const { integrations, servers } = gateway.metrics()
      const names = [...Object.keys(integrations), ...Object.keys(servers)]
      return Object.fromEntries(names.map((name) => [name, connections.status(name)]))
    },
  }),
  health: method({
    summary: 'Checks the health of all integrations.',
    params: z.strictObject({}),
    result: z.looseObject({}).meta({ description: 'The result for each label (docs/status.md).' }),
    errors: [],
    run: async (_, { gateway }) => ({ ...(await gateway.connections.healthCheck()) }),
  }),
  reconnect: method({
    summary: 'Closes the connection of an integration and makes a new one. Answers when it is made.',
    params: z.strictObject({ integration }),
    result: nothing,
    errors: ['actor-crashed'],
    async run({ integration: of }, { gateway }) {
      await gateway.connections.reconnect(of)
      return null
    },
  }),
  metrics: method({
    summary: 'Returns a snapshot of all metrics.',
    params: z.strictObject({}),
    result: z.looseObject({}).meta({ description: 'The metrics (docs/metrics.md).' }),
    errors: [],
    run: (_, { gateway }) => ({ ...gateway.metrics() }),
  }),
}
