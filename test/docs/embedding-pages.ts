import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { ERROR_KINDS } from '../../src/core/errors/kinds.js'
import type { Method } from '../../src/embed/method.js'
import { methodTable } from '../../src/embed/methods/index.js'
import type { Notification } from '../../src/embed/notification.js'
import { NOTIFICATIONS } from '../../src/embed/notifications.js'
import { openRpcDocument } from '../../src/embed/openrpc.js'
import { codeOf } from '../../src/embed/wire-error.js'
import { table } from './table.js'

const METHODS = methodTable('')
const TRANSCRIPT = new URL('../../../test/embed/conformance.jsonl', import.meta.url)

/** The pages of the protocol, all from its one table of methods. */
export function embeddingPages(): Readonly<Record<string, string>> {
  return {
    'docs/embedding-methods.md': methodsPage(),
    'docs/embedding-openrpc.json': `${JSON.stringify(openRpcDocument(METHODS), undefined, 2)}\n`,
    'docs/embedding-conformance.jsonl': readFileSync(TRANSCRIPT, 'utf8'),
  }
}

function methodsPage(): string {
  const kinds = ERROR_KINDS.map((kind) => [`\`${kind}\``, `\`${codeOf(kind)}\``])
  return `# Methods of an embedded gateway

All methods that \`nemo-gateway run FILE --stdio\` and \`--socket\` understand, and all that they send. [Embedding](embedding.md) explains
the protocol. [embedding-openrpc.json](embedding-openrpc.json) has the same as an OpenRPC document; \`rpc.discover\` returns it.

Written by \`npm run docs\` from \`src/embed/methods/\`.

${Object.entries(METHODS).map(methodSection).join('\n\n')}

# What the gateway sends

${Object.entries<Notification>(NOTIFICATIONS).map(notificationSection).join('\n\n')}

# Codes of errors

Every error has the \`kind\` in its \`data\`. Match on it: the code only says the same as a number.

${table(['kind', 'code'], kinds)}
`
}

function methodSection([name, { summary, params, result, errors, cancellable }]: [string, Method]): string {
  const own = errors.map((kind) => `\`${kind}\``).join(', ')
  const parts = [
    `## \`${name}\``,
    `${summary}${cancellable ? ' `cancel` ends it.' : ''}`,
    paramsTable(params),
    `Result: ${typeOf(result)}. ${result.description ?? ''}`.trim(),
    ...(own === '' ? [] : [`Its errors: ${own}.`]),
  ]
  return parts.join('\n\n')
}

function notificationSection([name, { summary, params, result }]: [string, Notification]): string {
  const kind = result === undefined ? 'A notification.' : 'A request, which the client answers.'
  return [`## \`${name}\``, `${kind} ${summary}`, paramsTable(params)].join('\n\n')
}

function paramsTable({ shape }: z.ZodObject): string {
  const rows = Object.entries(shape).map(([name, schema]) => [
    `\`${name}\`${schema instanceof z.ZodOptional ? ' (optional)' : ''}`,
    typeOf(schema),
    descriptionOf(schema),
  ])
  return rows.length === 0 ? 'It has no parameters.' : table(['parameter', 'type', 'meaning'], rows)
}

function descriptionOf(schema: z.core.$ZodType): string {
  const { description } = z.globalRegistry.get(schema) ?? {}
  if (description !== undefined) return description
  return schema instanceof z.ZodOptional ? descriptionOf(schema.unwrap()) : ''
}

interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly contentEncoding?: string
  readonly properties?: object
}

function typeOf(schema: z.core.$ZodType): string {
  return named(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema)
}

const WORDS: Readonly<Record<string, string>> = { string: 'text', array: 'list', integer: 'whole number' }

function named({ type, enum: words, const: only, anyOf, contentEncoding, properties }: JsonSchema): string {
  if (words !== undefined) return words.map((word) => `\`${JSON.stringify(word)}\``).join(', ')
  if (only !== undefined) return `\`${JSON.stringify(only)}\``
  if (anyOf !== undefined) return [...new Set(anyOf.map(named))].join(' or ')
  if (contentEncoding !== undefined) return 'bytes'
  if (Array.isArray(type)) return type.map((each) => named({ type: each })).join(' or ')
  if (type === 'object' && Object.keys(properties ?? {}).length > 0)
    return `object with ${Object.keys(properties!)
      .map((name) => `\`${name}\``)
      .join(', ')}`
  return type === undefined ? 'anything' : (WORDS[type as string] ?? (type as string))
}
