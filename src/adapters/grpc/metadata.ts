import { Buffer } from 'node:buffer'
import type { Metadata } from '@grpc/grpc-js'
import { SerializeError } from '../../core/errors/operation.js'
import { setMember } from '../../core/set-member.js'
import type { Headers } from '../../core/value.js'

/** Entries of the protocol itself, which are hidden from applications. */
const PROTOCOL = /^(content-type|user-agent|te|date|grpc-.*)$/

/**
 * Adds headers to metadata. The value of a name that ends in `-bin` is Base64, as on the wire.
 * @throws SerializeError that names the invalid entry
 */
export function addHeaders(metadata: Metadata, headers: Headers): void {
  for (const [name, value] of Object.entries(headers)) {
    if (PROTOCOL.test(name.toLowerCase()))
      throw new SerializeError(`the metadata entry ${JSON.stringify(name)} is reserved for the protocol`)
    try {
      metadata.set(name, /-bin$/i.test(name) ? bytesOf(value) : value)
    } catch {
      // grpc-js's message shows the value, which may be a secret.
      throw new SerializeError(
        `the metadata entry ${JSON.stringify(name)} cannot be sent: ` +
          'expected a name of 0-9 a-z _ - . and printable ASCII, or Base64 where the name ends in -bin',
      )
    }
  }
}

/** Converts metadata to headers: several values of a name are joined by a comma, binary values are Base64. */
export function headersOf(metadata: Metadata | undefined): Headers {
  const headers: Record<string, string> = {}
  for (const [name, values] of Object.entries(metadata?.toJSON() ?? {}))
    if (!PROTOCOL.test(name)) setMember(headers, name, joined(values))
  return headers
}

function joined(values: readonly (string | Buffer)[]): string {
  return values.map((value) => (typeof value === 'string' ? value : value.toString('base64'))).join(', ')
}

function bytesOf(text: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new Error('not Base64')
  return Buffer.from(text, 'base64')
}
