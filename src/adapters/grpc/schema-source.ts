import { readFile } from 'node:fs/promises'
import { ConnectionError } from '../../core/errors.js'
import { type GrpcSchema, schemaFromDescriptorSet, schemaFromProto } from './schema/index.js'

/** Where a schema is described in files. */
export interface SchemaFiles {
  readonly proto: readonly string[]
  readonly include: readonly string[]
  readonly descriptor_set?: string | undefined
}

/**
 * The schema that the files of a configuration describe; undefined when it names none. A descriptor set goes
 * before `.proto` files.
 * @throws ConnectionError, not retryable, for a file that cannot be read; SerializeError for what it holds
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
    return await readFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new ConnectionError(`the descriptor set ${path} cannot be read: ${code}`, {
      integration,
      retryable: false,
      cause,
    })
  }
}
