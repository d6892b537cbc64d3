import { ConnectionError } from '../../core/errors/connection.js'
import { readRegularFile } from '../../core/read-file.js'
import { type GrpcSchema, schemaFromDescriptorSet, schemaFromProto } from './schema/index.js'

/** The files that describe a schema. */
export interface SchemaFiles {
  readonly proto: readonly string[]
  readonly include: readonly string[]
  readonly descriptor_set?: string | undefined
}

/**
 * Loads the schema from the configured files; `undefined` if none is configured. A descriptor set takes precedence
 * over `.proto` files.
 * @throws ConnectionError, not retryable, if a file cannot be read; SerializeError if its content is invalid
 */
export async function configuredSchema(
  files: SchemaFiles,
  integration: string,
): Promise<GrpcSchema | undefined> {
  if (files.descriptor_set !== undefined)
    return schemaFromDescriptorSet(await read(files.descriptor_set, integration))
  if (files.proto.length > 0) return schemaFromProto(files.proto, files.include)
  return undefined
}

async function read(path: string, integration: string): Promise<Buffer> {
  try {
    return await readRegularFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new ConnectionError(`cannot read the descriptor set ${path}: ${code}`, {
      integration,
      retryable: false,
      cause,
    })
  }
}
