import { z } from 'zod'
import { expectation } from '../../../src/config/reading/expectation.js'
import { bare, defaultOf, type Schema, traitsOf, wordsOf } from '../../../src/config/reading/traits.js'
import { writtenDefault } from '../attribute.js'

/** The documentation of an attribute, as the lines of a comment. */
export function attributeDoc(schema: Schema): readonly string[] {
  const { description, unit, path, writeOnly } = traitsOf(schema)
  const at = bare(schema)
  const isBounded = at instanceof z.ZodNumber && expectation(at) !== 'a number'
  const value = writtenDefault(schema)
  const isText = unit !== undefined || typeof defaultOf(schema) === 'string'
  const lines = [
    description ?? '',
    unit === 'duration' ? 'A duration: milliseconds, or text such as `"30s"`.' : '',
    unit === 'size' ? 'A size: bytes, or text such as `"64KB"`.' : '',
    path === undefined ? '' : 'A path, relative to the working folder.',
    isBounded && wordsOf(at) === undefined ? sentence(expectation(at)) : '',
    writeOnly === true ? 'Secret: appears in no message.' : '',
    value === undefined ? '' : `@defaultValue \`${isText ? JSON.stringify(value) : value}\``,
  ]
  return lines.filter((line) => line !== '')
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`
}
