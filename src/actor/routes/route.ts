import type { Clock } from '../../core/clock.js'
import { SerializeError } from '../../core/errors/operation.js'
import { PublishError } from '../../core/errors/pubsub.js'
import { readsPayload, renderTemplate, type TemplateMessage } from '../../core/message-template.js'
import type { MessageTemplate, RouteSettings } from '../../core/settings/route.js'
import type { Value } from '../../core/value.js'
import type { LinkExtras } from '../../mailbox/route-link.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { hopsOf } from './hops.js'
import { missing } from './letters.js'
import type { Outlet, OutletMessage } from './outlet.js'
import { envelopeOf, type Received } from './received.js'
import { Targets } from './targets.js'

export interface RouteDependencies {
  readonly settings: RouteSettings
  readonly clock: Clock
  readonly outlet: Outlet
  /** Decodes payloads of the source. */
  readonly format: WireFormat
}

/** What is to be sent: a message as it came, or a value that transforms made of it. */
export interface Forward {
  readonly received: Received
  /** The value; absent if the payload passes as it is. */
  readonly value: { readonly of: Value } | undefined
  /** See `OutletMessage`. */
  readonly isKept: boolean
  accepted(result: unknown): void
  /** Cannot be delivered. */
  refused(error: Error): void
  returned(): void
}

/** Makes the message for the sink from what a source received: its target, its key and its headers. */
export class Route {
  readonly #parts: RouteDependencies
  readonly #targets: Targets

  constructor(parts: RouteDependencies) {
    this.#parts = parts
    this.#targets = new Targets(parts.settings.to.target)
  }

  /** Decodes the payload of a message. @throws SerializeError */
  decode({ payload, params }: Received): Value {
    if (params !== undefined) return params
    try {
      return this.#parts.format.decode(payload)
    } catch (error) {
      throw error instanceof SerializeError
        ? error
        : new SerializeError('the payload cannot be decoded', { cause: error })
    }
  }

  /** What templates and transforms see. @throws SerializeError */
  envelope(received: Received): TemplateMessage {
    return envelopeOf(received, this.decode(received), this.#parts.clock.now())
  }

  /** What a template sees of a message; the payload only if the template reads it. @throws SerializeError */
  seen(received: Received, template: MessageTemplate): TemplateMessage {
    const payload = readsPayload(template) ? this.decode(received) : undefined
    return envelopeOf(received, payload, this.#parts.clock.now())
  }

  /** The id by which the broker of the sink recognises a message that an earlier process has sent. */
  #idOf({ received, value }: Forward): string | undefined {
    const { name, to } = this.#parts.settings
    // Transforms may make something else of the same message the next time.
    const isNamed = to.recognizesMessages && received.id !== undefined && value === undefined
    return isNamed ? `${name}-${received.id}` : undefined
  }

  /** Sends a message on, or refuses it. */
  forward(forward: Forward): void {
    const { outlet, settings } = this.#parts
    const { received } = forward
    const hops = hopsOf(received.headers)
    if (hops >= settings.maxHops)
      return forward.refused(
        new PublishError(
          received.topic,
          `it has passed through ${hops} routes (max_hops): they form a cycle`,
          {
            retryable: false,
          },
        ),
      )
    let value: Value | undefined
    try {
      if (!settings.passesBytes)
        value = forward.value === undefined ? this.decode(received) : forward.value.of
    } catch (error) {
      return forward.refused(error as Error)
    }
    const see = () => envelopeOf(received, value, this.#parts.clock.now())
    const target = this.#targets.of(received.topic, see)
    if (!target.ok)
      return forward.refused(new PublishError(received.topic, missing(target.path), { retryable: false }))
    const { key } = settings
    const keyed = key && renderTemplate(key, see())
    outlet.add(
      new Routed(
        forward,
        target.text,
        settings.passesBytes ? received.payload : undefined,
        value,
        extrasOf(received, hops, keyed?.ok ? keyed.text : undefined, this.#idOf(forward)),
      ),
    )
  }
}

/** A message on its way to the sink. */
class Routed implements OutletMessage {
  readonly target: string
  payload: Uint8Array | undefined
  readonly value: unknown
  readonly extras: LinkExtras | undefined
  readonly bytes: number
  readonly forward: Forward

  constructor(
    forward: Forward,
    target: string,
    payload: Uint8Array | undefined,
    value: unknown,
    extras: LinkExtras | undefined,
  ) {
    this.forward = forward
    this.target = target
    this.payload = payload
    this.value = value
    this.extras = extras
    this.bytes = forward.received.payload.byteLength
  }

  get isKept(): boolean {
    return this.forward.isKept
  }

  accepted(result: unknown): void {
    this.forward.accepted(result)
  }

  refused(error: Error): void {
    this.forward.refused(error)
  }

  returned(): void {
    this.forward.returned()
  }
}

/** Headers of a request are not carried, because they contain credentials. */
function extrasOf(
  { headers, contentType, params }: Received,
  hops: number,
  key: string | undefined,
  id: string | undefined,
): LinkExtras | undefined {
  const carried = params === undefined ? headers : undefined
  const isPlain = carried === undefined && contentType === undefined && key === undefined && id === undefined
  if (isPlain && hops === 0) return undefined
  return {
    ...(carried !== undefined && { headers: carried }),
    ...(contentType !== undefined && { contentType }),
    ...(key !== undefined && { key }),
    ...(hops > 0 && { hops }),
    ...(id !== undefined && { id }),
  }
}
