import { expect, test } from 'vitest'
import { SecretMask, secretsInHeaders, secretsInQuery, secretsOf } from '../../src/adapters/secret-mask.js'

const SECRET = 'S3cret "value"/+?='
const base64 = (text: string) => Buffer.from(text).toString('base64')

test.each([
  ['as it is', SECRET],
  ['in another case', SECRET.toUpperCase()],
  ['in Base64', base64(SECRET)],
  ['in Base64 without padding', base64(SECRET).replace(/=+$/, '')],
  ['in Base64 for URLs', Buffer.from(SECRET).toString('base64url')],
  ['in a URL', encodeURIComponent(SECRET)],
  ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
])('a secret is masked %s', (_, form) => {
  const mask = new SecretMask([SECRET])
  expect(mask.text(`bad Bearer ${form}, and ${form}!`)).toMatch(/^bad Bearer \*{4}=?, and \*{4}=?!$/)
})

test('in every text of a value, and in the names of members; nothing else is changed', () => {
  const mask = new SecretMask([SECRET])
  const bytes = Uint8Array.of(1)
  const value = { a: [SECRET, 1, null, true, { [`x${SECRET}`]: `y${SECRET}` }], bytes }
  expect(mask.value(value)).toEqual({ a: ['****', 1, null, true, { 'x****': 'y****' }], bytes })
  expect(mask.value(undefined)).toBeUndefined()
  const own = JSON.parse('{"__proto__":1}')
  expect(Object.keys(mask.value(own))).toEqual(['__proto__'])
})

test('a short secret is masked as a word, not as a part of words', () => {
  expect(new SecretMask(['pw']).text('pwd: "pw", Basic pw')).toBe('pwd: "****", Basic ****')
  expect(new SecretMask(['', undefined]).text('all stays')).toBe('all stays')
  expect(new SecretMask().text('all stays')).toBe('all stays')
})

test('of two secrets, one in the other, nothing is left', () => {
  expect(new SecretMask(['abcd', 'abcdefgh']).text('abcdefgh')).toBe('****')
})

test('tokens are masked once they are sent, and the latest are remembered', () => {
  const mask = new SecretMask()
  const tokens = Array.from({ length: 10 }, (_, i) => `token-number-${i}!`)
  for (const token of tokens) mask.addToken(token)
  mask.addToken(tokens[2]!)
  expect(tokens.map((token) => mask.text(token) === '****')).toEqual(tokens.map((_, i) => i >= 2))
  mask.addToken('another')
  expect(mask.text(tokens[2]!)).toBe('****')
  expect(mask.text(tokens[3]!)).toBe(tokens[3])
})

test('the secrets of an auth block are those that it sends', () => {
  expect(secretsOf({ type: 'basic', username: 'ann', password: 'p' })).toEqual(['p', 'ann:p'])
  expect(secretsOf({ type: 'password', password: 'p' })).toEqual(['p', ':p'])
  expect(secretsOf({ type: 'bearer', token: 't' })).toEqual(['t'])
  expect(secretsOf({ type: 'token', token: 't' })).toEqual(['t'])
  expect(secretsOf({ type: 'nkey', seed: 's' })).toEqual(['s'])
  expect(secretsOf({ type: 'none' })).toEqual([])
})

test('headers and parameters are secrets by their names', () => {
  expect(secretsInHeaders({ 'X-Api-Key': 'k', authorization: 'Bearer t', tenant: 'acme' })).toEqual([
    'k',
    'k',
    'Bearer t',
    't',
  ])
  expect(secretsInQuery('http://host/rpc?api_key=a%20b&v=2')).toEqual(['a b'])
  expect(secretsInQuery('/rpc')).toEqual([])
})
