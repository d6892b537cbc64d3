import { createHmac } from 'node:crypto'
import { makeAuthentication } from '../../src/authentication/make-authentication.js'
import { systemClock } from '../../src/core/clock.js'
import { compareAndClose } from '../measure/compare.js'
import { type CallersWanted, gatewayServer, plainServer } from '../sides/served.js'
import { perSecond } from './per-second.js'
import type { Scenario } from './scenario.js'

const SECRET = 'a secret of the benchmark, of at least 32 bytes'
/** More tokens than a server remembers: each of them is new when it comes again. */
const MANY = 25_000

function served(name: string, what: string, callers: CallersWanted): Scenario {
  return {
    name,
    title: `Served calls of JSON-RPC over HTTP with ${what}, beside node:http with jose`,
    measures: ['host-cpu-ratio', 'throughput-ratio', 'loop-delay-ratio'],
    async run(plan) {
      const plain = await plainServer(callers)
      return compareAndClose(plain, await gatewayServer(callers), plan)
    },
  }
}

const cachedToken: Scenario = {
  name: 'verify-cached',
  title: 'Identify a caller by a token that was verified before',
  measures: ['duration'],
  async run(plan) {
    const authentication = makeAuthentication(
      {
        scheme: {
          type: 'jwt',
          key: { kind: 'secret', secret: SECRET },
          algorithms: ['HS256'],
          issuers: [],
          audiences: [],
          requiredClaims: ['exp'],
          clockToleranceMs: 0,
          maxToken: 8_192,
          cacheSize: 10_000,
          scopesClaim: 'scope',
          rolesClaim: 'roles',
          certificateBound: false,
        },
        rule: { auth: 'required', scopes: ['a'], roles: [] },
        methods: {},
      },
      'api',
      { clock: systemClock, log: () => {} },
    )
    const credentials = Array.from({ length: 1_000 }, (_, n) => ({ authorization: `Bearer ${tokenOf(n)}` }))
    for (const each of credentials) await authentication.identify(each)
    let at = 0
    const work = () => {
      const caller = authentication.identify(credentials[at++ % credentials.length]!)
      if (caller instanceof Promise || !authentication.access('echo', caller).isAllowed)
        throw new Error('the token was not remembered')
    }
    perSecond(plan.firstWarmUpMs, work)
    return Array.from({ length: plan.rounds }, () => ({
      gateway: { durationMs: 1_000 / perSecond(plan.windowMs, work) },
    }))
  },
}

function tokenOf(n: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  // As long as those of identity providers.
  const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: `${n}`, exp, scope: 'a b', more: 'x'.repeat(500) })}`
  return `${content}.${createHmac('sha256', SECRET).update(content).digest('base64url')}`
}

export const AUTHENTICATION: readonly Scenario[] = [
  served('served-jwt-cached', 'a known JWT', { secret: SECRET, tokens: 1 }),
  served('served-jwt-new', 'a new JWT each', { secret: SECRET, tokens: MANY }),
  cachedToken,
]
