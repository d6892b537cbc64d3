import type { GatewayConfig } from './config/gateway-config.js'
import type { Diagnostic } from './core/diagnostic.js'
import { ConfigError } from './core/errors/config.js'
import { loadFormats } from './wire/wire-format.js'

/**
 * Reads the protobuf schemas of a configuration from their files, and loads the decoder on this thread.
 * @returns the configuration with the schemas
 * @throws ConfigError with the file, and its line if it is known
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

/** Returns the faults in the protobuf schemas of a valid configuration. */
export async function schemaFaults(config: GatewayConfig): Promise<readonly Diagnostic[]> {
  try {
    await withSchemas(config)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { diagnostics, message } = error
    if (diagnostics.length > 0) return diagnostics
    return [{ severity: 'error', file: '(protobuf)', line: 0, column: 0, message }]
  }
}
