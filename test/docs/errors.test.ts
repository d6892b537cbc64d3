import { describe, expect, test } from 'vitest'
import { ERROR_KINDS } from '../../src/core/errors/kinds.js'
import * as api from '../../src/index.js'
import { anchorsOf, pageAt, tableBelow } from './markdown.js'

const page = pageAt('docs/errors.md')
const rows = tableBelow(page, '## Kinds').map((cells) => cells.map((cell) => cell.replaceAll('`', '')))

/** Fields that every error has, or may have. */
const COMMON = new Set([
  'kind',
  'integration',
  'retryable',
  'errorClass',
  'name',
  'cause',
  'message',
  'stack',
])

/** Every error class that the package exports, made with nothing but its own fields. */
const errors = Object.entries(api)
  .filter(([name]) => name.endsWith('Error') && name !== 'IntegrationError')
  .map(([name, value]) => {
    const Class = value as unknown as new (...parts: unknown[]) => api.IntegrationError
    // Some take their context as the only argument, and read it.
    const error = ['CancelledError', 'ShutdownError'].includes(name) ? new Class() : new Class('a', 'b')
    return [name, error] as const
  })

describe('the page on errors', () => {
  test('lists every class with its kind, its own fields and whether it is retryable, and no other', () => {
    const documented = Object.fromEntries(
      rows.map(([link, kind, fields, retryable]) => [
        /\[(\w+)\]/.exec(link!)![1]!,
        { kind, fields: fields!.split(', ').filter(Boolean).sort(), retryable: retryable === 'yes' },
      ]),
    )
    const made = errors.map(([name, error]) => {
      const fields = Object.getOwnPropertyNames(error).filter((field) => !COMMON.has(field))
      return [name, { kind: error.kind, fields: fields.sort(), retryable: error.retryable }]
    })
    expect(documented).toEqual(Object.fromEntries(made))
  })

  test('lists every kind once', () => {
    expect(rows.map(([, kind]) => kind).sort()).toEqual([...ERROR_KINDS].sort())
  })

  test('has a section for every class', () => {
    const anchors = anchorsOf(page)
    expect(errors.filter(([name]) => !anchors.has(name.toLowerCase())).map(([name]) => name)).toEqual([])
  })

  test('names every field that all errors have or may have', () => {
    const named = tableBelow(page, '## Fields of every error').map(([field]) => field!.replaceAll('`', ''))
    const wanted = [
      'kind',
      'integration',
      'message',
      'retryable',
      'notExecuted',
      'retryAfterMs',
      'fault',
      'errorClass',
      'cause',
    ]
    expect(named).toEqual(wanted)
  })
})
