import { SerializeError } from '../core/errors.js'
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

/**
 * Makes the format of that name.
 * @throws SerializeError for an unknown name, listing the known ones
 */
export function wireFormat(name: string, limits?: WireLimits): WireFormat {
  const make = FORMATS.get(name)
  if (make === undefined)
    throw new SerializeError(
      `unknown wire format ${JSON.stringify(name)}; expected one of ${[...FORMATS.keys()].join(', ')}`,
    )
  return make(completeLimits(limits))
}
