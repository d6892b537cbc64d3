import type { GatewayConfig } from './config/gateway-config.js'
import { loadFormats } from './wire/wire-format.js'

/**
 * The configuration with the schemas of its protobuf payloads read from their files; what decodes them here is
 * loaded too.
 * @throws ConfigError with the file, and its line where it is known
 */
export async function withSchemas(config: GatewayConfig): Promise<GatewayConfig> {
  const integrations = await Promise.all(
    config.integrations.map(async (integration) => {
      const { protobuf } = integration.settings
      if (protobuf === undefined) return integration
      const { compileSchema } = await import('./wire/protobuf/compile.js')
      const schema = await compileSchema(protobuf)
      const settings = { ...integration.settings, protobuf: { ...protobuf, schema } }
      await loadFormats(settings)
      return { ...integration, settings }
    }),
  )
  return { ...config, integrations }
}
