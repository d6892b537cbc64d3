import { SerializeError } from '../core/errors/operation.js'
import type { ProtobufSettings } from '../core/settings/protobuf.js'
import { binaryFormat } from './binary.js'
import type { WireFormat } from './format.js'
import { jsonFormat } from './json.js'
import { completeLimits, type WireLimits } from './limits.js'
import { messagePackFormat } from './msgpack.js'

export type { WireFormat } from './format.js'
export type { WireLimits } from './limits.js'

const FORMATS: ReadonlyMap<string, (limits: Required<WireLimits>) => WireFormat> = new Map([
  ['json', jsonFormat],
  ['msgpack', messagePackFormat],
  ['binary', binaryFormat],
])

/** Loaded only on use, because it is larger than all other code of a thread. */
let protobuf: typeof import('./protobuf/protobuf-format.js') | undefined

/** Loads the code of the wire formats of an integration, so that `wireFormat` can be synchronous. */
export async function loadFormats({
  protobuf: wanted,
}: {
  readonly protobuf?: ProtobufSettings
}): Promise<void> {
  if (wanted !== undefined) protobuf ??= await import('./protobuf/protobuf-format.js')
}

/** The limits of a format, and the schema of `protobuf`. */
export interface WireFormatOptions extends WireLimits {
  /** The messages of the format `protobuf`. */
  readonly protobuf?: ProtobufSettings
}

/**
 * Makes a wire format.
 * @param name `json`, `msgpack`, `binary`; with a schema, and after `loadFormats`, also `protobuf` and
 *   `protobuf:pkg.Message`
 * @returns the format, which may be used concurrently
 * @throws SerializeError for an unknown name, with the known ones
 */
export function wireFormat(name: string, options: WireFormatOptions = {}): WireFormat {
  const limits = completeLimits(options)
  const make = FORMATS.get(name)
  if (make !== undefined) return make(limits)
  const { schema, message } = options.protobuf ?? {}
  const type = /^protobuf(?::(.+))?$/.exec(name)
  // The actor has waited for `loadFormats` before it makes the adapter.
  if (type !== null && protobuf !== undefined && schema !== undefined)
    return protobuf.protobufFormat(limits, schema, type[1] ?? message!)
  const known = [...FORMATS.keys(), ...(schema === undefined ? [] : ['protobuf'])]
  throw new SerializeError(`unknown wire format ${JSON.stringify(name)}; expected one of ${known.join(', ')}`)
}
