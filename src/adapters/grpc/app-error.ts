import { Buffer } from 'node:buffer'
import type { Metadata } from '@grpc/grpc-js'
import type { RpcError } from '../../core/errors.js'
import type { Value } from '../../core/value.js'
import { wireFormat } from '../../wire/wire-format.js'

/** A trailer of ours. A status of gRPC has 16 codes and a text; an RpcError has any code, and data. */
const TRAILER = 'nemo-rpc-error-bin'
/** Trailers count against the peer's limit of all headers, 8 KB by default in most libraries. */
const MOST_BYTES = 6_000

const format = wireFormat('json', { maxBytes: MOST_BYTES, maxDepth: 32 })

/** What a status cannot carry of an RpcError. */
export interface ApplicationError {
  readonly code: number
  readonly data?: Value
}

/** Adds the code and data of an error of the application to the trailers. Data that is too large is left out. */
export function writeApplicationError(trailers: Metadata, { code, data }: RpcError): void {
  const bytes = encoded({ code, ...(data !== undefined && { data: data as Value }) }) ?? encoded({ code })
  trailers.set(TRAILER, bytes!)
}

/** What a gateway at the other side has added to the trailers; undefined when it is none, or nonsense. */
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
