import { createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ASYMMETRIC } from '../../src/authentication/algorithms.js'
import { verifiedPayload } from '../../src/authentication/compact-token.js'
import { KeySet } from '../../src/authentication/key-set.js'
import type { KeySource } from '../../src/authentication/keys.js'
import { TokenFault } from '../../src/authentication/token-fault.js'
import type { Value } from '../../src/core/value.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { KEY_SET } from './support.js'

interface Group {
  readonly comment: string
  readonly public?: { readonly [name: string]: string }
  readonly private: { readonly [name: string]: string }
  readonly tests: readonly {
    readonly tcId: number
    readonly comment: string
    readonly jws: string
    readonly result: 'valid' | 'invalid'
  }[]
}

const FILE = new URL('../../../test/authentication/wycheproof/json_web_signature_test.json', import.meta.url)
const { testGroups, numberOfTests } = JSON.parse(readFileSync(FILE, 'utf8')) as {
  readonly testGroups: readonly Group[]
  readonly numberOfTests: number
}

function keysOf({ public: published, private: secret }: Group): Pick<KeySource, 'find'> {
  if (published === undefined && secret.kty === 'oct') {
    const key = createSecretKey(Buffer.from(secret.k!, 'base64url'))
    return { find: () => key }
  }
  const fetch = async () => ({ keys: [published as Value] })
  return new KeySet(KEY_SET, fetch, { clock: new ManualClock(), log: () => {} })
}

/** Where we differ from the file, and why. */
const EXCEPTIONS: { readonly [tcId: number]: string } = {
  346: 'the key names PS256, and the token was signed with PS384',
  347: 'the key names ES521, which is not an algorithm (RFC 7518: ES512)',
  350: 'as 346',
  351: 'as 347',
  367: 'the same text as vector 357, which is valid',
  370: 'the same text as vector 357, which is valid',
  372: 'a character that is not of Base64url must be refused (RFC 7515, section 5.2)',
  373: 'as 372',
}

async function isAccepted(group: Group, jws: string): Promise<boolean> {
  const { alg } = group.public ?? group.private
  try {
    await verifiedPayload(jws, alg === undefined ? ASYMMETRIC : [alg], keysOf(group))
    return true
  } catch (error) {
    // A refusal, or a key that is not for signatures.
    if (error instanceof TokenFault || (error as Error).name === 'CheckUnavailable') return false
    throw error
  }
}

describe('the vectors of Wycheproof for JSON Web Signatures', () => {
  test('are all there', () => {
    expect(testGroups.flatMap(({ tests }) => tests)).toHaveLength(numberOfTests)
  })

  test('invalid ones are refused', async () => {
    const accepted: string[] = []
    for (const group of testGroups)
      for (const { tcId, comment, jws, result } of group.tests)
        if (result === 'invalid' && !(tcId in EXCEPTIONS) && (await isAccepted(group, jws)))
          accepted.push(`${tcId} ${group.comment} ${comment}`)
    expect(accepted).toEqual([])
  })

  test('valid ones are accepted', async () => {
    const refused: string[] = []
    for (const group of testGroups)
      for (const { tcId, comment, jws, result } of group.tests)
        if (result === 'valid' && !(tcId in EXCEPTIONS) && !(await isAccepted(group, jws)))
          refused.push(`${tcId} ${group.comment} ${comment}`)
    expect(refused).toEqual([])
  })
})
