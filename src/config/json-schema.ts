import { z } from 'zod'
import { ADAPTERS } from '../adapters/catalogue.js'
import { BROKERS } from '../brokers/catalogue.js'
import { AUTH_TYPES } from '../core/settings.js'
import { traitsOf } from './reading/traits.js'
import { brokerOf } from './schema/broker.js'
import { integrationOf } from './schema/integration.js'
import { serverOf } from './schema/server.js'
import { supervisor } from './schema/supervision.js'
import { variable } from './schema/variable.js'

/** Our metadata keywords, which JSON Schema does not have. */
const OWN_KEYWORDS = ['unit', 'path', 'elsewhere', 'notYet', 'example'] as const
/** Capabilities assumed for a custom adapter. */
const ANY_PROTOCOL = {
  formats: ['json', 'msgpack', 'binary', 'protobuf'],
  defaultFormat: 'json',
  auth: AUTH_TYPES,
}

/** Builds the JSON Schema (2020-12) of a configuration object, for editors. */
export function configurationSchema(): object {
  const types = ADAPTERS.map(({ type }) => type)
  const own = integrationOf(ANY_PROTOCOL).extend({
    type: z.string().regex(new RegExp(`^(?!(?:${types.join('|')})$)`, 'u')),
    config: z.record(z.string(), z.unknown()).optional(),
  })
  const integrations = ADAPTERS.map((manifest) =>
    ofProtocol(integrationOf(manifest), manifest.type, manifest.config),
  )
  const servers = ADAPTERS.flatMap(({ server }) =>
    server === undefined ? [] : [ofProtocol(serverOf(server), server.type, server.config)],
  )
  const brokers = BROKERS.map(({ type, listen }) => {
    const { listen: _, ...shape } = brokerOf([type]).shape
    return z.strictObject(listen === undefined ? shape : { ...shape, listen: listen.optional() })
  })
  return jsonSchemaOf(
    z
      .strictObject({
        $schema: z.string().optional(),
        variables: named([variable]),
        locals: z.record(z.string(), z.unknown()).optional(),
        integrations: named([...integrations, own]),
        supervisors: named([supervisor]),
        brokers: named(brokers),
        servers: named(servers),
      })
      .meta({ title: 'A configuration of nemo-gateway' }),
  )
}

/** Builds the JSON Schema of a schema's input. A string may be a template wherever another type is expected. */
export function jsonSchemaOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { example } = traitsOf(zodSchema)
      for (const keyword of OWN_KEYWORDS) delete jsonSchema[keyword]
      if (example !== undefined && jsonSchema.type === 'string') jsonSchema.examples = [example]
      if (zodSchema instanceof z.ZodUnion && isQuantity(zodSchema)) {
        delete jsonSchema.anyOf
        jsonSchema.type = ['string', 'number']
      }
      if (
        zodSchema instanceof z.ZodNumber ||
        zodSchema instanceof z.ZodBoolean ||
        zodSchema instanceof z.ZodEnum
      ) {
        const plain = { ...jsonSchema }
        for (const keyword of Object.keys(plain)) delete jsonSchema[keyword]
        jsonSchema.anyOf = [plain, { type: 'string', pattern: '[$%]\\{' }]
      }
    },
  })
}

/** Tells whether the schema accepts a number or a string with a unit. */
function isQuantity({ options: [first, second] }: z.ZodUnion): boolean {
  return first instanceof z.ZodString && second instanceof z.ZodNumber
}

/** Builds the schema of a block of one protocol, with the `config` of its manifest. */
function ofProtocol(block: z.ZodObject, type: string, config: z.ZodType): z.ZodType {
  const shape = Object.entries(block.shape).filter(
    ([, attribute]) => traitsOf(attribute).elsewhere !== 'later',
  )
  return z.strictObject({ ...Object.fromEntries(shape), type: z.literal(type), config: config.optional() })
}

/** Builds the schema of blocks keyed by their label. */
function named(options: readonly z.ZodType[]): z.ZodType {
  const [first, ...others] = options
  return z.record(z.string(), others.length === 0 ? first! : z.union([first!, ...others])).optional()
}
