import { Buffer } from 'node:buffer'

/** The same memory as a Buffer, which is what the library sends. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** For the library's serialisers: what we give it are bytes already. */
export const asIs = (bytes: Buffer): Buffer => bytes
