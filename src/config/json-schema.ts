import { z } from 'zod'
import {
  actionBlocks,
  brokerBlocks,
  customIntegration,
  dataBlocks,
  integrationBlocks,
  type ProtocolBlock,
  serverBlocks,
} from './protocol-blocks.js'
import { traitsOf } from './reading/traits.js'
import { on } from './schema/on.js'
import { route } from './schema/route.js'
import { script } from './schema/script.js'
import { supervisor } from './schema/supervision.js'
import { variable } from './schema/variable.js'

/** Our metadata keywords, which JSON Schema does not have. */
const OWN_KEYWORDS = [
  'unit',
  'path',
  'elsewhere',
  'notYet',
  'example',
  'written',
  'refers',
  'late',
  'isTemplate',
] as const

/** Builds the JSON Schema (2020-12) of a configuration object, for editors. */
export function configurationSchema(): object {
  return jsonSchemaOf(
    z
      .strictObject({
        $schema: z.string().optional(),
        variables: named([variable]),
        locals: z.record(z.string(), z.unknown()).optional(),
        integrations: named([...integrationBlocks().map(schemaOf), customIntegration()]),
        supervisors: named([supervisor]),
        brokers: named(brokerBlocks().map(schemaOf)),
        servers: named(serverBlocks().map(schemaOf)),
        scripts: named([script]),
        data: named(dataBlocks().map(({ schema }) => schema)),
        actions: named(actionBlocks().map(({ schema }) => schema)),
        on: named([on, z.array(on)]),
        routes: named([route]),
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

const schemaOf = ({ schema }: ProtocolBlock) => schema

/** Builds the schema of blocks keyed by their label. */
function named(options: readonly z.ZodType[]): z.ZodType {
  const [first, ...others] = options
  return z.record(z.string(), others.length === 0 ? first! : z.union([first!, ...others])).optional()
}
