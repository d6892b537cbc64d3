import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The .proto files of these tests: beside the sources, which are not copied to `dist`. */
export const PROTOS = new URL('../../../../../test/adapters/grpc/schema/protos/', import.meta.url).pathname
const RECORDED = new URL('../../../../../test/adapters/grpc/schema/recorded/', import.meta.url).pathname

/**
 * The descriptor set that protoc made of a file. It was recorded, because the protoc of a machine may be any version,
 * and may be without the files that it includes:
 * `protoc -Iprotos --include_imports --descriptor_set_out=recorded/NAME.pb protos/NAME.proto`.
 */
export function protocSet(name: string): Promise<Uint8Array> {
  return readFile(join(RECORDED, `${name}.pb`))
}
