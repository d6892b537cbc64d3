import type { InboundMessage } from '../core/adapter/inbound.js'

/** Whether a custom adapter delivered a valid message. A wrong one must fail in the adapter's call. */
export function isMessage(message: InboundMessage | null | undefined): boolean {
  return message?.payload instanceof Uint8Array && typeof message.topic === 'string'
}

export function notAMessage(message: unknown): TypeError {
  return new TypeError(
    `expected a message with a topic that is text and a payload that is a Uint8Array, found ${inspect(message)}`,
  )
}

function inspect(message: unknown): string {
  if (typeof message !== 'object' || message === null) return String(message)
  const { topic, payload } = message as Partial<Record<keyof InboundMessage, unknown>>
  return `a topic that is ${typeof topic} and a payload that is ${payload === null ? 'null' : typeof payload}`
}
