import type { z } from 'zod'

type Issue = z.core.$ZodIssue

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

/** What a schema expected where it found a fault, in words. The value itself is not in them. */
export function expectation(issue: Issue): string {
  // A schema that says what it expects says it better; what it found is said elsewhere, or nowhere if secret.
  const own = /^expected (.*?)(?:, found .*)?$/su.exec(issue.message)?.[1]
  if (own !== undefined) return own
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected
    case 'invalid_value':
      return oneOf(issue.values)
    case 'too_small':
      return bound(issue.origin, 'at least', Number(issue.minimum))
    case 'too_big':
      return bound(issue.origin, 'at most', Number(issue.maximum))
    case 'invalid_union':
      return alternatives(issue.errors)
    case 'invalid_format':
      return `a text of the format ${issue.pattern ?? issue.format}`
    default:
      return 'another value'
  }
}

function bound(origin: string, least: string, limit: number): string {
  if (origin === 'string')
    return limit === 1 && least === 'at least'
      ? 'a text that is not empty'
      : `a text of ${least} ${limit} characters`
  if (origin === 'array') return `a list of ${least} ${limit} elements`
  return `${origin === 'int' ? 'a whole number' : 'a number'} of ${least} ${limit}`
}

function alternatives(branches: readonly (readonly Issue[])[]): string {
  const issues = branches.map((branch) => branch[0]).filter((issue) => issue !== undefined)
  const values = issues.flatMap((issue) => (issue.code === 'invalid_value' ? issue.values : []))
  if (values.length > 0 && issues.every(({ code }) => code === 'invalid_value')) return oneOf(values)
  return [...new Set(issues.map(expectation))].join(' or ')
}

function oneOf(values: readonly unknown[]): string {
  const words = values.map((value) => JSON.stringify(value))
  return words.length === 1 ? words[0]! : `one of ${words.join(', ')}`
}
