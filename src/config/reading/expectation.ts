import { z } from 'zod'
import { namesOf } from './schema-at.js'
import { bare, type Schema, traitsOf, wordsOf } from './traits.js'

/** Describes what a schema expects, for messages and the documentation. */
export function expectation(schema: Schema): string {
  const { late, written } = traitsOf(schema)
  if (late !== undefined && !(bare(schema) instanceof z.ZodUnion)) return lateExpectation(written)
  const at = bare(schema)
  const words = wordsOf(at)
  if (words !== undefined) return quoteAll(words)
  if (at instanceof z.ZodNumber) return number(at)
  if (at instanceof z.ZodString) return (at.minLength ?? 0) > 0 ? 'a non-empty string' : 'a string'
  if (at instanceof z.ZodBoolean) return 'true or false'
  if (at instanceof z.ZodArray) return wantsOne(at) ? 'a list with at least one element' : 'a list'
  if (at instanceof z.ZodObject) return 'a block'
  if (at instanceof z.ZodRecord) return 'an object'
  if (at instanceof z.ZodUnion) return alternatives(at.options as readonly Schema[])
  return 'another value'
}

/**
 * Extracts the expectation from an issue's message, if it has one. What was found is described separately, because
 * it may be secret.
 */
export function ownWords(message: string): string | undefined {
  return /^expected (.*?)(?:, found .*)?$/su.exec(message)?.[1]
}

/** Lists words for a message. */
export function quoteAll(words: readonly unknown[]): string {
  const quoted = words.map((word) => JSON.stringify(word))
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}

function lateExpectation(written: string | undefined): string {
  if (written === undefined) return 'any value'
  if (written === 'string') return 'a non-empty string'
  return written.startsWith('{') ? 'an object whose values are strings' : 'an expression'
}

function number(schema: z.ZodNumber): string {
  const kind = schema.isInt ? 'a whole number' : 'a number'
  const least = schema.minValue ?? Number.NEGATIVE_INFINITY
  const most = schema.maxValue ?? Number.POSITIVE_INFINITY
  if (most < Number.MAX_SAFE_INTEGER)
    return least > Number.MIN_SAFE_INTEGER ? `${kind} from ${least} to ${most}` : `${kind} of at most ${most}`
  return least > Number.MIN_SAFE_INTEGER ? `${kind} of at least ${least}` : kind
}

function wantsOne(schema: z.ZodArray): boolean {
  return Number(schema._zod.bag.minimum ?? 0) > 0
}

function alternatives(options: readonly Schema[]): string {
  const [first, second] = options.map(bare)
  if (first instanceof z.ZodBoolean && second instanceof z.ZodObject)
    return `true, false or a block with ${namesOf(second).join(', ')}`
  return [...new Set(options.map(expectation))].join(' or ')
}
