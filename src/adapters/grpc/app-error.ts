import { Buffer } from 'node:buffer'
import type { Metadata } from '@grpc/grpc-js'
import type { RpcError } from '../../core/errors/rpc.js'
import type { Value } from '../../core/value.js'
import { wireFormat } from '../../wire/wire-format.js'

/**
 * Trailer that carries an RpcError between gateways: a gRPC status has only 16 codes and a text, an RpcError has
 * any code, and data.
 */
const TRAILER = 'nemo-rpc-error-bin'
/** Maximum size of the trailer: it counts against the peer's limit for all headers, 8 KB in most libraries. */
const MOST_BYTES = 6_000

const format = wireFormat('json', { maxBytes: MOST_BYTES, maxDepth: 32 })

/** The parts of an RpcError that a gRPC status cannot carry. */
export interface ApplicationError {
  readonly code: number
  readonly data?: Value
}

/** Adds the code and data of an RpcError to the trailers. Data that is too large is omitted. */
export function writeApplicationError(trailers: Metadata, { code, data }: RpcError): void {
  const bytes = encoded({ code, ...(data !== undefined && { data: data as Value }) }) ?? encoded({ code })
  trailers.set(TRAILER, bytes!)
}

/**
 * Reads the code and data that another gateway has added to the trailers; `undefined` if they are missing or
 * malformed.
 */
export function readApplicationError(trailers: Metadata | undefined): ApplicationError | undefined {
  const [bytes] = trailers?.get(TRAILER) ?? []
  if (!Buffer.isBuffer(bytes)) return undefined
  try {
    const value = format.decode(bytes) as { code?: unknown; data?: Value } | null
    if (!Number.isSafeInteger(value?.code)) return undefined
    return { code: value!.code as number, ...(value!.data !== undefined && { data: value!.data }) }
  } catch {
    return undefined
  }
}

function encoded(value: Value): Buffer | undefined {
  try {
    return Buffer.from(format.encode(value))
  } catch {
    return undefined
  }
}
