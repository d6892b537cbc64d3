import { Buffer } from 'node:buffer'

/** Returns the bytes as a Buffer, the type that grpc-js sends, without copying them. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Serialiser for grpc-js: messages are bytes already. */
export const identity = (bytes: Buffer): Buffer => bytes
