import { z } from 'zod'
import {
  ANY_PROTOCOL,
  actionBlocks,
  brokerBlocks,
  customIntegration,
  dataBlocks,
  integrationBlocks,
  type ProtocolBlock,
  serverBlocks,
} from '../../../src/config/protocol-blocks.js'
import { brokerOf } from '../../../src/config/schema/broker.js'
import { on } from '../../../src/config/schema/on.js'
import { route } from '../../../src/config/schema/route.js'
import { script } from '../../../src/config/schema/script.js'
import { serverOf } from '../../../src/config/schema/server.js'
import { supervisor } from '../../../src/config/schema/supervision.js'
import { variable } from '../../../src/config/schema/variable.js'
import { Declarations, interfaceOf, unionOf } from './declarations.js'
import { pascal } from './names.js'
import { membersOf } from './type-of.js'

const HEADER = '// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.\n'

/** The folder of the types: a file for each block, and an index for the public entry point. */
export const TYPES_FOLDER = 'src/config/types/'

/** What an application writes in each block, from the schemas alone: the files of the folder by their paths. */
export function blockTypes(): Readonly<Record<string, string>> {
  const into = new Declarations()
  family('Integration', [...integrationBlocks(), ofAnyType('custom', customIntegration())], into)
  family('Server', [...serverBlocks(), ofAnyType('any', serverOf(ANY_PROTOCOL))], into)
  family('Broker', [...brokerBlocks(), ofAnyType('any', brokerOf([]))], into)
  family('Data', dataBlocks(), into)
  family('Action', actionBlocks(), into)
  single('On', on, into)
  single('Supervisor', supervisor, into)
  single('Variable', variable, into)
  single('Route', route, into)
  single('Script', script, into)
  const files = [...into.files()].sort(([a], [b]) => (a < b ? -1 : 1))
  const index = files.map(([file]) => `export type * from './${file}.js'\n`).join('')
  return Object.fromEntries(
    [...files, ['index', index] as const].map(([file, text]) => [
      `${TYPES_FOLDER}${file}.ts`,
      `${HEADER}${text}`,
    ]),
  )
}

/** A block whose type and format are not known when it is compiled, such as one that was read from a file. */
function ofAnyType(type: string, block: z.ZodObject): ProtocolBlock {
  const { type: given, format } = block.shape as Readonly<Record<string, z.ZodType | undefined>>
  const text = z.string().describe(given?.description ?? '')
  const shape = { ...block.shape, type: text }
  const formats = z
    .string()
    .optional()
    .describe(`${format?.description} It must be a format of the protocol.`)
  const schema = z.strictObject(format === undefined ? shape : { ...shape, format: formats })
  return { type, schema: schema.describe(block.description ?? '') }
}

/** A block that each protocol has in its own way: what all have alike is declared once. */
function family(name: string, blocks: readonly ProtocolBlock[], into: Declarations): void {
  const variants = blocks.map(({ type, schema }) => {
    const label = `${pascal(type)}${name === 'Integration' ? '' : name}`
    const around = (attribute: string) =>
      attribute === 'config' ? { parent: label, isTop: false } : { parent: name, isTop: true }
    return { type, schema, members: membersOf(schema, around, into) }
  })
  const [first, ...others] = variants.map(({ members }) => Object.entries(members))
  const common = first!.filter(([attribute, text]) =>
    others.every((members) => Object.fromEntries(members)[attribute] === text),
  )
  const base = `${name}Attributes`
  const shared = new Set(common.map(([attribute]) => attribute))
  into.add(base, `What every block \`${name.toLowerCase()}\` may have.`, interfaceOf(base, textOf(common)))
  for (const { type, schema, members } of variants) {
    const own = Object.entries(members).filter(([attribute]) => !shared.has(attribute))
    const label = `${pascal(type)}${name}Block`
    into.add(label, docOf(name, type, schema), interfaceOf(label, textOf(own), base))
  }
  const doc = `The block \`${name.toLowerCase()}\`: ${blocks[0]!.schema.description}`
  into.add(
    `${name}Block`,
    doc,
    unionOf(
      `${name}Block`,
      blocks.map(({ type }) => `${pascal(type)}${name}Block`),
    ),
  )
}

const KINDS: Readonly<Record<string, string>> = {
  custom: "with an application's own adapter, or of a type that the compiler does not know",
  any: 'of a type that the compiler does not know',
}

function docOf(name: string, type: string, { description }: z.ZodObject): string {
  const kind = KINDS[type] ?? `of type \`${type}\``
  return `A block \`${name.toLowerCase()}\` ${kind}. ${description}`
}

function single(name: string, schema: z.ZodObject, into: Declarations): void {
  const members = membersOf(schema, () => ({ parent: name, isTop: false }), into)
  const doc = `The block \`${name.toLowerCase()}\`: ${schema.description}`
  into.add(`${name}Block`, doc, interfaceOf(`${name}Block`, textOf(Object.entries(members))))
}

function textOf(members: readonly (readonly [string, string])[]): string {
  return members.map(([, text]) => text).join('')
}
