import { z } from 'zod'
import { LISTENED } from '../core/events.js'

/** Schemas that several methods share. */

export const integration = z.string().min(1).meta({ description: 'The label of an `integration` block.' })

const duration = z.union([z.number().min(0), z.string().min(1)], 'expected milliseconds or text such as "2s"')
export const durationOf = (description: string) => duration.meta({ description }).optional()

export const timeout = durationOf(
  'Milliseconds or text such as `"2s"` for all attempts together. Default: that of the integration.',
)

export const headers = z
  .record(z.string(), z.string())
  .meta({ description: 'Text metadata, if the protocol has it.' })
  .optional()

export const format = z
  .string()
  .min(1)
  .meta({ description: 'A wire format of the protocol. Default: that of the integration.' })
  .optional()

export const value = z.unknown().meta({ description: 'A value that the wire format can encode.' }).optional()

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

function isBytes(found: unknown): boolean {
  if (typeof found === 'string') return found.length % 4 === 0 && BASE64.test(found)
  return found instanceof Uint8Array
}

/** Bytes: base64 text in JSON, binary in MessagePack. */
export const bytes = (description: string) =>
  z
    .custom<string | Uint8Array>(isBytes, 'expected bytes: base64 text in JSON, binary in MessagePack')
    .meta({ type: 'string', contentEncoding: 'base64', description })

export const payloadBytes = bytes(
  'The payload as bytes, in place of `value`: base64 text in JSON, binary in MessagePack.',
).optional()

/** Chooses the payload of a publish or send. */
export function payloadOf(params: { value?: unknown; bytes?: string | Uint8Array | undefined }): unknown {
  const { bytes: given } = params
  if (given === undefined) return params.value ?? null
  return typeof given === 'string' ? Buffer.from(given, 'base64') : given
}

const sourceNumber = (description: string) => z.int().min(1).meta({ description })
export const subscription = sourceNumber('The number that `subscribe` returned.')
export const consumer = sourceNumber('The number that `consume` returned.')
export const delivery = sourceNumber('The number of the delivery.')

/** How many messages a client takes. */
export const messageCount = z.int().min(1).max(1_000_000_000)
export const credit = messageCount
  .meta({
    description: 'How many messages the gateway may send before it needs `credit`. Default: without limit.',
  })
  .optional()

export const dataName = z.string().min(1).meta({ description: 'The label of a `data` block.' })

export const nothing = z.null().meta({ description: 'Nothing.' })
export const settled = z.boolean().meta({
  description: 'false if it was settled before, or if its actor has died and the broker delivers it again.',
})

export const eventName = z.enum(LISTENED as unknown as readonly ['log', ...string[]])

export const errorObject = z
  .object({ code: z.int(), message: z.string(), data: z.looseObject({}).optional() })
  .meta({ description: 'An error object, as in an answer.' })

/** Longer than any line of a configuration, which has at most as many bytes. */
const position = z.int().min(0).max(17_000_000)

/** A fault of a configuration, as `check --json` shows it. */
export const diagnostic = z
  .object({
    severity: z.enum(['error', 'warning']),
    file: z.string().meta({ description: 'The file; in parentheses if it is none.' }),
    line: position.meta({ description: 'From 1; 0 without a file.' }),
    column: position.meta({ description: 'From 1; 0 without a file.' }),
    endLine: position.optional(),
    endColumn: position.optional(),
    message: z.string().meta({ description: 'What is wrong.' }),
    expected: z.string().meta({ description: 'The expected value.' }).optional(),
    found: z.string().meta({ description: 'The value that was found; never a secret.' }).optional(),
    hint: z.string().meta({ description: 'What to do.' }).optional(),
    source: z.string().meta({ description: 'The text of the line.' }).optional(),
  })
  .meta({ description: 'A fault of a configuration.' })

/** Leaves out members that are `undefined`, which our options do not accept. */
export function given<T extends object>(
  members: T,
): { [K in keyof T]: Exclude<T[K], undefined> } | undefined {
  let options: Record<string, unknown> | undefined
  for (const key in members)
    if (members[key] !== undefined) {
      options ??= {}
      options[key] = members[key]
    }
  return options as never
}

export const updateShape = {
  data: dataName,
  value: z
    .unknown()
    .meta({
      description: 'The value after the update; after an error the last good one. Absent if there is none.',
    })
    .optional(),
  kind: z
    .enum(['full', 'partial', 'append', 'delete'])
    .meta({ description: 'How the value changed (docs/data.md).' }),
  timestamp: z.number().meta({ description: 'When, in milliseconds since 1970.' }),
  error: errorObject
    .meta({ description: 'Why there is no newer value; absent if the update succeeded.' })
    .optional(),
}

export const deliveryShape = {
  delivery,
  queue: z.string().meta({ description: 'The queue that it was taken from.' }),
  value: z.unknown().meta({ description: 'The decoded payload.' }).optional(),
  bytes: bytes('The payload, if it is bytes.').optional(),
  error: errorObject.meta({ description: 'Why the payload cannot be decoded.' }).optional(),
  headers,
  messageId: z.string().meta({ description: 'The broker’s id of the message, if it has one.' }).optional(),
  attempt: z.int().meta({ description: 'The number of the delivery of this message, from 1.' }),
  redelivered: z
    .boolean()
    .meta({ description: 'Whether it was delivered before, as far as the broker tells.' }),
}
