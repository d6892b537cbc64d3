import { createHash } from 'node:crypto'
import type { IntegrationConfig, ServerConfig } from './config/gateway-config.js'
import type { NoteFile } from './core/note-file.js'
import { readRegularFile } from './core/read-file.js'
import { readProtoTexts } from './wire/protobuf/proto/folders.js'

/**
 * Adds the digests of the files that an actor reads when it starts, so that a reload sees when their content changes.
 * Never rejects: the actor reports a file that cannot be read.
 */
export async function withFiles<T extends IntegrationConfig | ServerConfig>(
  actor: T,
  noteFile: NoteFile,
): Promise<T> {
  const { manifest, settings } = actor
  const { tls } = settings.endpoint
  const { paths = [], protos = [], include = [] } = manifest.files?.(settings) ?? {}
  const named = [
    ...paths,
    ...[tls?.caCert, tls?.clientCert, tls?.clientKey].filter((path) => path !== undefined),
    ...(settings.auth.type === 'creds' ? [settings.auth.file] : []),
  ]
  const files: Record<string, string> = {}
  for (const path of named) {
    noteFile(path)
    files[path] = await readRegularFile(path).then(digestOf, () => UNREADABLE)
  }
  const texts = await readProtoTexts(protos, include, noteFile).catch(() => [])
  for (const path of protos) files[path] = UNREADABLE
  for (const { path, source } of texts) files[path] = digestOf(source)
  return Object.keys(files).length === 0 ? actor : { ...actor, files }
}

const UNREADABLE = ''

function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('base64')
}
