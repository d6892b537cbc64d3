import { expect, test } from 'vitest'
import { isSecretName } from '../../src/core/secret-name.js'
import { parts, rowsOf } from './configuration-page.js'

test.each(parts().map(({ heading, schema }) => [heading, schema] as const))(
  'every attribute of %s is documented',
  (_, schema) => {
    const rows = rowsOf(schema)
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.filter(({ description }) => description === '').map(({ name }) => name)).toEqual([])
  },
)

test('every attribute that is marked as secret is kept out of messages', () => {
  const secrets = parts().flatMap(({ schema }) =>
    rowsOf(schema).flatMap(({ name, value }) => (value.endsWith('; secret') ? [name] : [])),
  )
  expect(secrets.length).toBeGreaterThan(8)
  const shown = secrets.filter((name) => {
    const path = name.split('.')
    return !path.includes('auth') && !isSecretName(path.at(-1)!)
  })
  expect(shown).toEqual([])
})
