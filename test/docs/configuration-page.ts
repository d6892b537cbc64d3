import { z } from 'zod'
import { ADAPTERS } from '../../src/adapters/catalogue.js'
import { BROKERS } from '../../src/brokers/catalogue.js'
import { ANY_PROTOCOL, dataBlocks } from '../../src/config/protocol-blocks.js'
import { expectation } from '../../src/config/reading/expectation.js'
import { bare, type Schema, traitsOf, wordsOf } from '../../src/config/reading/traits.js'
import { ACTION_CONFIGS, ACTION_TYPES, action } from '../../src/config/schema/action.js'
import { brokerOf } from '../../src/config/schema/broker.js'
import { integrationOf } from '../../src/config/schema/integration.js'
import { on } from '../../src/config/schema/on.js'
import { route } from '../../src/config/schema/route.js'
import { script } from '../../src/config/schema/script.js'
import { serverOf } from '../../src/config/schema/server.js'
import { supervisor } from '../../src/config/schema/supervision.js'
import { variable } from '../../src/config/schema/variable.js'
import { isRequired, writtenDefault } from './attribute.js'
import { table } from './table.js'

const INTRODUCTION = `# Configuration

A configuration is an HCL file, a folder of \`*.hcl\` files, or an object with the same names
(\`Gateway.start('gateway.hcl')\`, \`Gateway.start({ integrations: { … } })\`). \`nemo-gateway check gateway.hcl\` reports
every mistake at its line and column; \`nemo-gateway schema\` prints the JSON Schema of the object, for editors.

- **Durations** are \`"250ms"\`, \`"30s"\`, \`"5m"\`, \`"1h"\` or milliseconds; **sizes** \`"64KB"\`, \`"16MB"\` or bytes.
- **Paths** are relative to the file that names them; in an object, to the working folder.
- **Expressions**: variables (\`var.x\`), locals (\`local.x\`), the environment (\`env.X\`, \`env("X", "default")\`), templates,
  conditionals, \`for\` expressions and functions. In an object every string is a template.
- **Variables** get their values from \`--var NAME=VALUE\` or \`Gateway.start(source, { variables })\`.
- An attribute that is left out has its default. \`null\` leaves an attribute out.
- The value of a **secret** attribute, and of every attribute whose name sounds like a secret, appears in no message.

An attribute of a nested block is written here with a dot: \`tls.ca_cert\` is \`tls { ca_cert = "…" }\`.
Written by \`npm run docs\` from \`src/config/schema/\` and the manifests of the protocols.
`

/** A part of the page: its heading and the schema that it shows. */
export interface Part {
  readonly heading: string
  readonly schema: Schema
}

const ofTypes = (block: z.ZodObject, types: readonly string[]) =>
  block.extend({ type: z.enum(types).describe('Protocol.') })

/** The blocks of a configuration, in the order of the page. */
export function parts(): readonly Part[] {
  const integration = integrationOf(ANY_PROTOCOL)
  const server = serverOf(ANY_PROTOCOL)
  const types = ADAPTERS.map(({ type }) => type)
  const served = ADAPTERS.flatMap((manifest) => manifest.server ?? [])
  return [
    {
      heading: 'integration "NAME"',
      schema: ofTypes(integration, types).describe(traitsOf(integration).description!),
    },
    ...ADAPTERS.map(({ type, config }) => ({ heading: `config of ${type}`, schema: config })),
    {
      heading: 'server "NAME"',
      schema: ofTypes(
        server,
        served.map(({ type }) => type),
      ).describe(traitsOf(server).description!),
    },
    ...served.map(({ type, config }) => ({ heading: `config of a server of ${type}`, schema: config })),
    { heading: 'script "NAME"', schema: script },
    { heading: 'supervisor "NAME"', schema: supervisor },
    { heading: 'broker "NAME"', schema: brokerOf(BROKERS.map(({ type }) => type)) },
    ...BROKERS.flatMap(({ type, listen }) =>
      listen === undefined ? [] : [{ heading: `listen of a broker of ${type}`, schema: listen }],
    ),
    ...dataBlocks().map(({ type, schema }) => ({
      heading: `data "${type}" "NAME"`,
      schema: describedAs(withoutType(schema), traitsOf(schema.shape.type as Schema).description!),
    })),
    { heading: 'action "NAME"', schema: action },
    ...ACTION_TYPES.map((type) => ({
      heading: `config of an action of type ${type}`,
      schema: ACTION_CONFIGS[type] as Schema,
    })),
    { heading: 'on "EVENT"', schema: on },
    { heading: 'route "NAME"', schema: route },
    { heading: 'variable "NAME"', schema: variable },
  ]
}

/** In HCL the type of a `data` block is a label. */
function withoutType({ shape: { type: _, ...shape } }: z.ZodObject): z.ZodObject {
  return z.strictObject(shape)
}

function describedAs(schema: z.ZodObject, description: string): z.ZodObject {
  return schema.describe(description)
}

/** An attribute of a block, in the words of the page. */
export interface Row {
  readonly name: string
  readonly value: string
  readonly otherwise: string
  readonly description: string
}

/** The attributes of a block, those of blocks inside of it behind their names. */
export function rowsOf(schema: Schema, prefix = ''): readonly Row[] {
  return Object.entries(attributesOf(schema)).flatMap(([name, attribute]) => {
    const { description = '', elsewhere } = traitsOf(attribute)
    const path = `${prefix}${name}`
    const row = { name: path, value: valueText(attribute), otherwise: defaultText(attribute), description }
    return elsewhere === 'manifest'
      ? [{ ...row, value: 'a block, below' }]
      : [row, ...rowsOf(attribute, `${path}.`)]
  })
}

/** The attributes of a block; of one of several kinds those of all of them. */
export function attributesOf(schema: Schema): Readonly<Record<string, Schema>> {
  const at = bare(schema)
  if (at instanceof z.ZodObject) return at.shape
  if (at instanceof z.ZodDiscriminatedUnion) return unionOf(at)
  return at instanceof z.ZodUnion
    ? Object.assign({}, ...(at.options as readonly Schema[]).map(attributesOf))
    : {}
}

function unionOf(schema: z.ZodDiscriminatedUnion): Readonly<Record<string, Schema>> {
  const options = (schema.options as readonly Schema[]).map(attributesOf)
  const types = options.map(({ type }) => ({
    words: wordsOf(type!)!,
    says: traitsOf(type!).description ?? '',
  }))
  const type = z
    .enum(types.flatMap(({ words }) => words.map(String)))
    .describe(types.map(({ words, says }) => `\`${words.join('`, `')}\`: ${says}`).join(' '))
  const attributes: Record<string, Schema> = { type }
  for (const option of options)
    for (const [name, attribute] of Object.entries(option)) {
      if (name === 'type' || attributes[name] !== undefined) continue
      const of = types.filter((_, index) => options[index]![name] !== undefined).flatMap(({ words }) => words)
      const says = traitsOf(attribute).description ?? ''
      const optional = options
        .map((each) => each[name])
        .find((each) => each !== undefined && !isRequired(each))
      attributes[name] =
        of.length === types.length
          ? (optional ?? attribute)
          : ((optional ?? attribute) as z.ZodType).describe(`Of \`${of.join('`, `')}\`. ${says}`)
    }
  return attributes
}

function valueText(schema: Schema): string {
  const { unit, path, writeOnly } = traitsOf(schema)
  const at = bare(schema)
  const words = wordsOf(at)
  const kind = unit ?? (path === undefined ? undefined : 'path')
  const many = at instanceof z.ZodArray ? wordsOf(at.element as Schema) : undefined
  const text =
    many === undefined
      ? (kind ??
        (words === undefined
          ? expectation(at)
              .replace(/ with .*/u, '')
              .replace(/^an? /u, '')
              .replaceAll('non-empty string', 'string')
          : words.map((word) => `\`${word}\``).join(', ')))
      : `a list of ${many.map((word) => `\`${word}\``).join(', ')}`
  return writeOnly === true ? `${text}; secret` : text
}

function defaultText(schema: Schema): string {
  const value = writtenDefault(schema)
  if (value !== undefined) return `\`${value}\``
  return isRequired(schema) ? '**required**' : ''
}

function tableOf(schema: Schema): string {
  const rows = rowsOf(schema).map(({ name, value, otherwise, description }) => [
    `\`${name}\``,
    value,
    otherwise,
    description,
  ])
  return table(
    ['attribute', 'value', 'default', ''],
    rows.map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|'))),
  )
}

/** `docs/configuration.md`, from the schemas of the blocks alone. */
export function configurationPage(): string {
  const sections = parts().map(({ heading, schema }) =>
    [`## \`${heading}\``, traitsOf(schema).description ?? '', tableOf(schema)]
      .filter((text) => text !== '')
      .join('\n\n'),
  )
  return `${INTRODUCTION}\n${sections.join('\n\n')}\n`
}
