import { z } from 'zod'
import { ADAPTERS } from '../adapters/catalogue.js'
import { BROKERS } from '../brokers/catalogue.js'
import { AUTH_TYPES } from '../core/settings/auth.js'
import { ACTION_CONFIGS, ACTION_TYPES, action } from './schema/action.js'
import { brokerOf } from './schema/broker.js'
import { DATA_TYPES, dataOf } from './schema/data.js'
import { integrationOf } from './schema/integration.js'
import { serverOf } from './schema/server.js'

/** A block as one protocol has it: with its `type`, its formats and the `config` or `listen` of its manifest. */
export interface ProtocolBlock {
  readonly type: string
  readonly schema: z.ZodObject
}

/** What the adapter of an application may have. */
export const ANY_PROTOCOL = {
  formats: ['json', 'msgpack', 'binary', 'protobuf'],
  defaultFormat: 'json',
  auth: AUTH_TYPES,
}

/** The `integration` block of each protocol. */
export function integrationBlocks(): readonly ProtocolBlock[] {
  return ADAPTERS.map((manifest) =>
    ofProtocol(integrationOf(manifest), manifest.type, { config: manifest.config }),
  )
}

/** The `integration` block of an application's own adapter. */
export function customIntegration(): z.ZodObject {
  const own = ADAPTERS.map(({ type }) => type).join('|')
  const block = integrationOf(ANY_PROTOCOL)
  const type = z
    .string()
    .regex(new RegExp(`^(?!(?:${own})$)`, 'u'))
    .describe('The path of a module, or the name of a package, that exports an adapter.')
  return describedAs(block.extend({ type }), block)
}

/** The `server` block of each protocol that has one. */
export function serverBlocks(): readonly ProtocolBlock[] {
  return ADAPTERS.flatMap(({ server }) =>
    server === undefined ? [] : [ofProtocol(serverOf(server), server.type, { config: server.config })],
  )
}

/** The `broker` block of each embedded broker. */
export function brokerBlocks(): readonly ProtocolBlock[] {
  return BROKERS.map(({ type, listen }) => ofProtocol(brokerOf([type]), type, { listen }))
}

/** The `data` block of each type. */
export function dataBlocks(): readonly ProtocolBlock[] {
  return DATA_TYPES.map((type) => ({ type, schema: dataOf(type) }))
}

/** The `action` block of each type. */
export function actionBlocks(): readonly ProtocolBlock[] {
  return ACTION_TYPES.map((type) => {
    const { schema } = ofProtocol(action, type, { config: ACTION_CONFIGS[type] })
    const config = describedAs(ACTION_CONFIGS[type], ACTION_CONFIGS[type])
    return { type, schema: describedAs(schema.extend({ config }), schema) }
  })
}

/** The block with the type, and with the schemas of the manifest where it leaves an attribute to that. */
function ofProtocol(
  block: z.ZodObject,
  type: string,
  fromManifest: Readonly<Record<string, z.ZodType | undefined>>,
): ProtocolBlock {
  const shape: Record<string, z.ZodType> = { ...(block.shape as Record<string, z.ZodType>) }
  shape.type = describedAs(z.literal(type), shape.type)
  for (const [name, schema] of Object.entries(fromManifest)) {
    if (schema === undefined) delete shape[name]
    else shape[name] = describedAs(schema.optional(), shape[name])
  }
  return { type, schema: describedAs(z.strictObject(shape), block) }
}

function describedAs<S extends z.ZodType>(schema: S, described: z.ZodType | undefined): S {
  const description = described?.description
  return description === undefined ? schema : schema.describe(description)
}
