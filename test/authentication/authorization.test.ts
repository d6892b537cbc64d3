import { describe, expect, test } from 'vitest'
import { decide } from '../../src/authentication/authorization.js'
import { parseObject } from '../../src/authentication/json-object.js'
import type { Caller } from '../../src/core/adapter/authentication.js'
import type { AccessRule, Requirement } from '../../src/core/settings/authentication.js'
import { jwtScheme, subject } from './support.js'

const NOW = 1_700_000_000_000
const rule = (auth: Requirement, scopes: string[] = [], roles: string[] = []): AccessRule => ({
  auth,
  scopes,
  roles,
})
const known = (
  scopes: string[] = [],
  roles: string[] = [],
  expiresAt = Number.POSITIVE_INFINITY,
): Caller => ({
  kind: 'known',
  identity: { subject: 'ann', scopes, roles, claims: {}, scheme: 'jwt' },
  expiresAt,
})
const anonymous: Caller = { kind: 'anonymous' }
const invalid: Caller = { kind: 'invalid', reason: 'no' }
const unavailable: Caller = { kind: 'unavailable', reason: 'away' }

describe('a rule decides', () => {
  test.each<[AccessRule, Caller, string]>([
    [rule('required'), known(), 'allowed'],
    [rule('required'), anonymous, 'unauthenticated'],
    [rule('required'), invalid, 'unauthenticated'],
    [rule('required'), unavailable, 'unavailable'],
    [rule('required'), known([], [], NOW), 'unauthenticated'],
    [rule('required'), known([], [], NOW + 1), 'allowed'],
    [rule('optional'), anonymous, 'allowed'],
    [rule('optional'), invalid, 'unauthenticated'],
    [rule('optional'), unavailable, 'unavailable'],
    [rule('optional'), known([], [], NOW), 'unauthenticated'],
    [rule('optional', ['a']), anonymous, 'unauthenticated'],
    [rule('none'), anonymous, 'allowed'],
    [rule('none'), invalid, 'allowed'],
    [rule('none'), unavailable, 'allowed'],
    [rule('required', ['a', 'b']), known(['a']), 'forbidden'],
    [rule('required', ['a', 'b']), known(['b', 'a', 'c']), 'allowed'],
    [rule('required', [], ['x', 'y']), known([], ['z']), 'forbidden'],
    [rule('required', [], ['x', 'y']), known([], ['y']), 'allowed'],
    [rule('optional', ['a']), known(['b']), 'forbidden'],
  ])('%j, %j: %s', (given, caller, verdict) => {
    expect(decide(given, caller, NOW).kind).toBe(verdict)
  })
})

describe('the rules of a server', () => {
  const { authentication } = subject(jwtScheme(), undefined, {
    rule: rule('required'),
    methods: { open: rule('none'), 'orders.write': rule('required', ['orders.write']) },
  })

  test('an unknown method is refused like a known one', () => {
    expect(authentication.access('nowhere', anonymous)).toEqual(authentication.access('known', anonymous))
    expect(authentication.access('constructor', anonymous)).toMatchObject({ isAllowed: false })
    expect(authentication.access('open', anonymous)).toEqual({ isAllowed: true })
  })

  test('challenge the caller (RFC 6750)', () => {
    const challenge = (method: string, caller: Caller) =>
      (authentication.access(method, caller) as { refusal: { challenge: string } }).refusal.challenge
    expect(challenge('m', anonymous)).toBe('Bearer realm="api"')
    expect(challenge('m', invalid)).toBe('Bearer realm="api", error="invalid_token", error_description="no"')
    expect(challenge('orders.write', known())).toBe(
      `Bearer realm="api", error="insufficient_scope", error_description="the caller lacks the scope 'orders.write'", scope="orders.write"`,
    )
  })
})

describe('an object of JSON', () => {
  test.each([
    '{}',
    '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
    '{"a":"a","b":"\\"a\\":"}',
    ' { "a" : [ "a", "a" ] } ',
  ])('%s has no duplicate', (text) => expect(parseObject(text)).toEqual(JSON.parse(text)))

  test.each([
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":1}',
    '{"b":{"a":1,"a" :1}}',
    '[]',
    'null',
    '1',
    '',
    '{',
    '{"__proto__":1,"__proto__":2}',
  ])('%s is refused', (text) => expect(parseObject(text)).toBeUndefined())
})
