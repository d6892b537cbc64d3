import { Gateway } from '../../src/index.js'
import { waitFor } from '../../test/support/wait-for.js'

/** Integrations in the object form of the configuration. */
export type Integrations = NonNullable<Exclude<Parameters<typeof Gateway.start>[0], string>['integrations']>

/** Starts a gateway; resolves when all its connections are made. */
export async function startGateway(integrations: Integrations): Promise<Gateway> {
  const gateway = await Gateway.start({ integrations })
  try {
    await connected(gateway, Object.keys(integrations))
    return gateway
  } catch (error) {
    await gateway.shutdown()
    throw error
  }
}

/** Waits until all of these integrations are connected. */
export async function connected(gateway: Gateway, names: readonly string[]): Promise<void> {
  const missing = () => names.filter((name) => gateway.connections.status(name).state !== 'connected')
  await waitFor(() => missing().length === 0, {
    what: () => `these integrations to connect: ${missing().join(', ')}`,
    everyMs: 2,
    timeoutMs: 20_000,
  })
}

/** An MQTT integration with the defaults, on a broker on this machine. */
export function mqttIntegration(port: number, more: object = {}) {
  return {
    type: 'mqtt' as const,
    endpoint: { address: '127.0.0.1', port },
    format: 'json' as const,
    config: {},
    ...more,
  }
}
