import type { IntegrationSettings } from '../core/settings.js'
import { type WireFormat, wireFormat } from './wire-format.js'

/** The wire formats of one integration: its own, and those that single requests ask for, each made once. */
export class Formats {
  /** The integration's own. */
  readonly own: WireFormat
  readonly #maxBytes: number
  readonly #others = new Map<string, WireFormat>()

  /** @throws SerializeError when the integration's own format is unknown */
  constructor(settings: Pick<IntegrationSettings, 'format' | 'payloadFormat' | 'limits'>) {
    this.#maxBytes = settings.limits.frame
    this.own = this.#make(settings.payloadFormat ?? settings.format)
    this.#others.set(settings.format, this.own)
  }

  /** @throws SerializeError for an unknown name */
  of(name: string | undefined): WireFormat {
    if (name === undefined) return this.own
    return this.#others.get(name) ?? this.#make(name)
  }

  #make(name: string): WireFormat {
    const format = wireFormat(name, { maxBytes: this.#maxBytes })
    this.#others.set(name, format)
    return format
  }
}
