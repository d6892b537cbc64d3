import { z } from 'zod'
import { bare, type Schema, traitsOf, wordsOf } from '../../../src/config/reading/traits.js'
import { attributeDoc } from './attribute-doc.js'
import { broken, comment, type Declarations } from './declarations.js'
import { candidates, inside, kebab, type Place, pascal, UNIONS } from './names.js'

/** The types that a value may have before the schema reads it. Blocks in it are declared. */
export function typesOf(schema: Schema, place: Place, into: Declarations): readonly string[] {
  const { unit, written, description = '' } = traitsOf(schema)
  if (written !== undefined) return [written]
  if (unit !== undefined) return [unit === 'duration' ? 'Duration' : 'Size']
  const at = bare(schema)
  const words = wordsOf(at)
  if (words !== undefined) return words.map(literal)
  if (at instanceof z.ZodString) return ['string']
  if (at instanceof z.ZodNumber) return ['number']
  if (at instanceof z.ZodBoolean) return ['boolean']
  if (at instanceof z.ZodUnknown) return ['unknown']
  if (at instanceof z.ZodArray) return [listOf(typesOf(at.element as Schema, place, into))]
  if (at instanceof z.ZodRecord) {
    const values = typesOf(at.valueType as Schema, place, into)
    return [`{ readonly [name: string]: ${values.join(' | ')} }`]
  }
  if (at instanceof z.ZodDiscriminatedUnion) {
    const types = (at.options as readonly Schema[]).map((option) => variant(at, option, place, into))
    return UNIONS.has(place.name) ? [into.union(place, types)] : types
  }
  if (at instanceof z.ZodUnion)
    return distinct((at.options as readonly Schema[]).flatMap((option) => typesOf(option, place, into)))
  if (at instanceof z.ZodObject)
    return [into.block(place, `The \`${place.name}\` block: ${description}`, bodyOf(at, place, into))]
  throw new Error(`${place.parent}.${place.name}: there is no type for a schema of ${at.constructor.name}`)
}

/** One kind of a block, named after its word: `BasicAuthBlock`. */
function variant(
  { def: { discriminator } }: z.ZodDiscriminatedUnion,
  option: Schema,
  place: Place,
  into: Declarations,
): string {
  const { name, parent, isTop } = place
  const block = bare(option) as z.ZodObject
  const type = block.shape[discriminator] as Schema
  const word = String(wordsOf(type)![0])
  const doc = `A block \`${name}\` with the type \`${word}\`: ${traitsOf(type).description}`
  const around = isTop || UNIONS.has(name) ? '' : parent
  const named = { name, parent: `${around}${pascal(word)}`, isTop: false, ...(isTop && { around: parent }) }
  return into.block(named, doc, bodyOf(block, place, into), kebab(candidates(place)[0]!))
}

function bodyOf(block: z.ZodObject, place: Place, into: Declarations): string {
  return Object.values(membersOf(block, (attribute) => inside(place, attribute), into)).join('')
}

/** The members of an interface by the names of the attributes. @param around what blocks in them have around them */
export function membersOf(
  block: z.ZodObject,
  around: (attribute: string) => Omit<Place, 'name'>,
  into: Declarations,
): Readonly<Record<string, string>> {
  const members = Object.entries<Schema>(block.shape).map(([name, attribute]) => {
    const isOptional = attribute._zod.optin !== undefined
    const types = typesOf(attribute, { name, ...around(name) }, into)
    const all = isOptional && !types.includes('unknown') ? [...types, 'undefined'] : types
    const member = broken(`readonly ${name}${isOptional ? '?' : ''}:`, all, '  ')
    return [name, `${comment(attributeDoc(attribute), '  ')}${member}`] as const
  })
  return Object.fromEntries(members)
}

function literal(word: unknown): string {
  return typeof word === 'string' ? `'${word}'` : String(word)
}

function listOf(types: readonly string[]): string {
  return types.length === 1 ? `readonly ${types[0]}[]` : `readonly (${types.join(' | ')})[]`
}

/** Each type once; a number among other numbers says nothing. */
function distinct(types: readonly string[]): readonly string[] {
  const all = types.includes('number') ? types.filter((type) => !/^-?\d/.test(type)) : types
  return [...new Set(all)]
}
