import { BROKERS } from '../brokers/catalogue.js'
import type { BlockSchemas } from '../config/block-diff.js'
import type { BrokerConfig, IntegrationConfig, ServerConfig } from '../config/gateway-config.js'
import { brokerOf } from '../config/schema/broker.js'
import { integrationOf } from '../config/schema/integration.js'
import { serverOf } from '../config/schema/server.js'

export function schemasOfIntegration({ manifest }: IntegrationConfig): BlockSchemas {
  return { block: integrationOf(manifest), parts: { config: manifest.config } }
}

export function schemasOfServer({ manifest }: ServerConfig): BlockSchemas {
  return { block: serverOf(manifest), parts: { config: manifest.config } }
}

export function schemasOfBroker({ manifest }: BrokerConfig): BlockSchemas {
  return { block: brokerOf(BROKERS.map(({ type }) => type)), parts: { listen: manifest.listen } }
}
