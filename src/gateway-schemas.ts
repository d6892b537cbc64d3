import type { GatewayConfig } from './config/gateway-config.js'
import type { Diagnostic } from './core/diagnostic.js'
import { ConfigError } from './core/errors/config.js'
import type { NoteFile } from './core/note-file.js'
import { withFiles } from './gateway-files.js'
import { loadFormats } from './wire/wire-format.js'

/**
 * Reads the protobuf schemas of a configuration from their files, and loads the decoder on this thread. Reads also the
 * other files that its actors will read.
 * @param noteFile called with each file before it is read
 * @returns the configuration with the schemas and the digests of the other files
 * @throws ConfigError with the file, and its line if it is known
 */
export async function withSchemas(
  config: GatewayConfig,
  noteFile: NoteFile = () => {},
): Promise<GatewayConfig> {
  const integrations = await Promise.all(
    config.integrations.map(async (given) => {
      const integration = await withFiles(given, noteFile)
      const { protobuf } = integration.settings
      if (protobuf === undefined) return integration
      const { compileSchema } = await import('./wire/protobuf/compile.js')
      const schema = await compileSchema(protobuf, noteFile)
      const settings = { ...integration.settings, protobuf: { ...protobuf, schema } }
      await loadFormats(settings)
      return { ...integration, settings }
    }),
  )
  const servers = await Promise.all(config.servers.map((server) => withFiles(server, noteFile)))
  return { ...config, integrations, servers }
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
