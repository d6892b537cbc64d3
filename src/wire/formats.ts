import type { IntegrationSettings } from '../core/settings/integration.js'
import { type WireFormat, type WireFormatOptions, wireFormat } from './wire-format.js'

type FormatSettings = Pick<IntegrationSettings, 'format' | 'payloadFormat' | 'protobuf' | 'limits'>

/** The wire formats of one integration: its default, and those that requests choose. Each is made once. */
export class Formats {
  /** The default format of the integration. */
  readonly own: WireFormat
  readonly #options: WireFormatOptions
  readonly #others = new Map<string, WireFormat>()

  /** @throws SerializeError if the default format is unknown */
  constructor(settings: FormatSettings) {
    this.#options = optionsOf(settings)
    this.own = integrationFormat(settings)
    this.#others.set(settings.format, this.own)
  }

  /** Returns the format of that name; the default format for `undefined`. @throws SerializeError for an unknown name */
  of(name: string | undefined): WireFormat {
    if (name === undefined) return this.own
    const known = this.#others.get(name)
    if (known !== undefined) return known
    const format = wireFormat(name, this.#options)
    this.#others.set(name, format)
    return format
  }
}

/** Makes the default format for payloads of an integration. @throws SerializeError if it is unknown */
export function integrationFormat(settings: FormatSettings): WireFormat {
  return wireFormat(settings.payloadFormat ?? settings.format, optionsOf(settings))
}

function optionsOf({ limits, protobuf }: FormatSettings): WireFormatOptions {
  return { maxBytes: limits.frame, ...(protobuf !== undefined && { protobuf }) }
}
