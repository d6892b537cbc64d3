import { z } from 'zod'
import { ERROR_KINDS, type ErrorKind } from '../core/errors/kinds.js'
import type { Method } from './method.js'
import type { Notification } from './notification.js'
import { NOTIFICATIONS } from './notifications.js'
import { PROTOCOL_VERSION } from './protocol.js'
import { codeOf } from './wire-error.js'

/** Makes the OpenRPC document of the methods. What the gateway sends is in `x-notifications`, in the same form. */
export function openRpcDocument(methods: Readonly<Record<string, Method>>): object {
  return {
    openrpc: '1.3.2',
    info: {
      title: 'nemo-gateway, embedded',
      version: `${PROTOCOL_VERSION}.0.0`,
      description: 'JSON-RPC 2.0 over stdio or a Unix socket, one message a line. See docs/embedding.md.',
    },
    methods: Object.entries(methods).map(([name, method]) => ({
      name,
      summary: method.summary,
      paramStructure: 'by-name',
      params: contents(method.params),
      result: { name: 'result', schema: schemaOf(method.result) },
      errors: method.errors.map((kind) => ({ $ref: `#/components/errors/${kind}` })),
    })),
    components: { errors: Object.fromEntries(ERROR_KINDS.map((kind) => [kind, errorOf(kind)])) },
    'x-notifications': Object.entries<Notification>(NOTIFICATIONS).map(
      ([name, { summary, params, result }]) => ({
        name,
        summary,
        paramStructure: 'by-name',
        params: contents(params),
        ...(result !== undefined && { result: { name: 'result', schema: schemaOf(result) } }),
      }),
    ),
  }
}

function errorOf(kind: ErrorKind): object {
  return { code: codeOf(kind), message: kind, data: { kind } }
}

function contents({ shape }: z.ZodObject): readonly object[] {
  return Object.entries(shape).map(([name, schema]) => ({
    name,
    required: !(schema instanceof z.ZodOptional),
    schema: schemaOf(schema),
  }))
}

function schemaOf(schema: z.core.$ZodType): object {
  const { $schema: _, ...plain } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return plain
}
