import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findExecutable } from '../../../support/executable.js'

/** The .proto files of these tests: beside the sources, which are not copied to `dist`. */
export const PROTOS = new URL('../../../../../test/adapters/grpc/schema/protos/', import.meta.url).pathname
const RECORDED = new URL('../../../../../test/adapters/grpc/schema/recorded/', import.meta.url).pathname

/** The descriptor set that protoc makes of a file, or made of it when it was recorded where there is no protoc. */
export async function protocSet(name: string): Promise<Uint8Array> {
  const protoc = await findExecutable('protoc')
  if (protoc === undefined) return readFile(join(RECORDED, `${name}.pb`))
  const folder = await mkdtemp(join(tmpdir(), 'protoc-'))
  try {
    const out = join(folder, 'set.pb')
    const args = [
      `-I${PROTOS}`,
      '--include_imports',
      `--descriptor_set_out=${out}`,
      join(PROTOS, `${name}.proto`),
    ]
    await promisify(execFile)(protoc, args)
    return await readFile(out)
  } finally {
    await rm(folder, { recursive: true })
  }
}
