import type { IncomingMessage } from 'node:http'
import type {
  Access,
  Caller as AccessCaller,
  AccessRefusal,
  Authentication,
  Credentials,
} from '../../../core/adapter/authentication.js'
import type { AdapterContext } from '../../../core/adapter/protocol-adapter.js'
import { callerCertificate } from '../../caller-certificate.js'
import type { Refusals } from '../../refusals.js'
import type { Refusal } from './access-rules.js'

const ANONYMOUS: AccessCaller = { kind: 'anonymous' }
const ALLOWED: Access = { isAllowed: true }
const STATUS: { readonly [K in AccessRefusal['kind']]: number } = {
  unauthenticated: 401,
  forbidden: 403,
  unavailable: 503,
}

/** Authenticates the callers of a server, and keeps the audit record of those that it refuses. */
export class Guard {
  readonly #authentication: Authentication | undefined
  readonly #refusals: Refusals
  readonly #scheme: 'http' | 'https'

  constructor(context: Pick<AdapterContext, 'authentication' | 'settings'>, refusals: Refusals) {
    this.#authentication = context.authentication
    this.#refusals = refusals
    this.#scheme = context.settings.listen?.tls === undefined ? 'http' : 'https'
  }

  /** Whether a call without credentials is refused, whatever its method. */
  get refusesAnonymous(): boolean {
    return this.#authentication?.admitsAnonymous === false
  }

  /** Whether a token may come in a message. */
  get takesTokens(): boolean {
    return this.#authentication?.takesTokens === true
  }

  /** Finds out who sends a request. Never rejects. */
  identify(request: IncomingMessage): AccessCaller | Promise<AccessCaller> {
    if (this.#authentication === undefined) return ANONYMOUS
    return this.#authentication.identify(this.#credentialsOf(request))
  }

  /** Finds out who sends a token in a message over a socket. */
  async identifyToken(token: string, socket: object): Promise<AccessCaller> {
    if (this.#authentication === undefined) return ANONYMOUS
    return this.#authentication.identify({
      authorization: `Bearer ${token}`,
      certificate: () => callerCertificate(socket),
    })
  }

  /** Decides whether a caller may call a method. */
  access(method: string, caller: AccessCaller): Access {
    return this.#authentication === undefined ? ALLOWED : this.#authentication.access(method, caller)
  }

  /** Decides whether a caller may connect at all. @returns the refusal, if not */
  refusalOf(caller: AccessCaller): AccessRefusal | undefined {
    const access = this.access('', caller)
    return access.isAllowed ? undefined : access.refusal
  }

  /** Records a refusal. @param method absent if the call was not read */
  refused({ reason }: Pick<AccessRefusal, 'reason'>, address: string | undefined, method?: string): void {
    this.#refusals.add({ reason, method, address, scheme: this.#authentication?.scheme })
  }

  #credentialsOf(request: IncomingMessage): Credentials {
    const { headers, socket, method = '', url = '' } = request
    return {
      authorization: headers.authorization && allOf(request, 'authorization').join(', '),
      ...(headers.dpop !== undefined && { proofs: allOf(request, 'dpop') }),
      request: { method, url: `${this.#scheme}://${headers.host}${url}` },
      certificate: () => callerCertificate(socket),
    }
  }
}

/** The HTTP answer to a refused call. */
export function httpRefusal({ kind, reason, challenge }: AccessRefusal): Refusal {
  // Without a challenge there is nothing that the caller could send: 401 would need one (RFC 9110, section 15.5.2).
  const status = kind === 'unauthenticated' && challenge === undefined ? 403 : STATUS[kind]
  const headers = {
    ...(challenge !== undefined && kind !== 'unavailable' && { 'www-authenticate': challenge }),
    ...(kind === 'unavailable' && { 'retry-after': '1' }),
  }
  return { status, reason, headers }
}

/** All values of a header. Node drops a second one, by which a proxy may have judged the request. */
function allOf({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
  const values: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]!.length === name.length && rawHeaders[i]!.toLowerCase() === name)
      values.push(rawHeaders[i + 1]!)
  return values
}
