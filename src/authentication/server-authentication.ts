import type { Access, Authentication, Caller, Credentials } from '../core/adapter/authentication.js'
import type { Clock } from '../core/clock.js'
import type { AccessRule, AuthenticationSettings, SchemeSettings } from '../core/settings/authentication.js'
import { decide } from './authorization.js'
import { type Challenged, challengeOf } from './challenge.js'
import type { Scheme } from './scheme.js'

/** Authenticates the callers of one server and applies the rules of its methods. */
export class ServerAuthentication implements Authentication {
  readonly scheme: string
  readonly admitsAnonymous: boolean
  readonly takesTokens: boolean
  readonly methods: readonly string[]
  readonly #settings: AuthenticationSettings
  readonly #scheme: Scheme
  readonly #rules: ReadonlyMap<string, AccessRule>
  readonly #realm: string
  readonly #clock: Clock

  /** @param realm the name of the server, which challenges tell callers */
  constructor(settings: AuthenticationSettings, scheme: Scheme, realm: string, clock: Clock) {
    this.scheme = scheme.name
    this.takesTokens = takesTokens(settings.scheme)
    this.#settings = settings
    this.#scheme = scheme
    this.#realm = realm
    this.#clock = clock
    this.#rules = new Map(Object.entries(settings.methods))
    this.methods = [...this.#rules.keys()]
    this.admitsAnonymous = [settings.rule, ...this.#rules.values()].some(({ auth }) => auth !== 'required')
  }

  identify(credentials: Credentials): Caller | Promise<Caller> {
    return this.#scheme.identify(credentials)
  }

  access(method: string, caller: Caller): Access {
    // An unknown method has the rule of the server: an unknown caller cannot tell it from a known one.
    const rule = this.#rules.get(method) ?? this.#settings.rule
    const verdict = decide(rule, caller, this.#clock.now())
    if (verdict.kind === 'allowed')
      return { isAllowed: true, ...(verdict.identity && { identity: verdict.identity }) }
    const { kind, reason } = verdict
    const challenge = challengeOf(this.#settings, this.#realm, challengedBy(verdict, caller))
    return { isAllowed: false, refusal: { kind, reason, ...(challenge !== undefined && { challenge }) } }
  }

  close(): void {
    this.#scheme.close()
  }
}

function takesTokens(scheme: SchemeSettings): boolean {
  if (scheme.type === 'bearer') return true
  return (scheme.type === 'jwt' || scheme.type === 'oauth2') && scheme.dpop?.isRequired !== true
}

function challengedBy(
  verdict: { readonly kind: string; readonly reason: string; readonly scopes?: readonly string[] },
  caller: Caller,
): Challenged {
  const { reason, scopes } = verdict
  if (verdict.kind === 'forbidden')
    return { error: 'insufficient_scope', reason, ...(scopes !== undefined && { scopes }) }
  if (caller.kind === 'anonymous') return {}
  const isProof = caller.kind === 'invalid' && caller.isProof === true
  return { error: isProof ? 'invalid_dpop_proof' : 'invalid_token', reason }
}
