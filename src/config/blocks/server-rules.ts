import type { z } from 'zod'
import { adapterManifest } from '../../adapters/catalogue.js'
import type { AdapterManifest } from '../../core/manifest.js'
import type { AuthenticationSettings } from '../../core/settings/authentication.js'
import type { ListenSettings } from '../../core/settings/listen.js'
import { nodeAt } from '../node.js'
import type { AnySection } from '../reading/section.js'
import { type method, ruleOf } from '../schema/server-access.js'
import type { ServerAuth } from '../schema/server-auth.js'

/** The block that the rules are in. */
type Place = Pick<AnySection, 'node' | 'fault'>

interface ServerBlocks {
  readonly auth: ServerAuth | undefined
  readonly method: { readonly [name: string]: z.output<typeof method> }
  readonly listen: ListenSettings | undefined
}

/** Protocols whose requests have a place for credentials. */
const SERVED_BY: readonly string[] = ['mqtt', 'nats', 'redis']
const OPEN: ServerAuth = { scheme: { type: 'none' }, rule: { auth: 'none', scopes: [], roles: [] } }

/** Makes the rules of a server from its blocks `auth` and `method`; `undefined` if everybody may call everything. */
export function authenticationOf(
  name: string,
  { auth = OPEN, method: methods, listen }: ServerBlocks,
  section: Place,
): AuthenticationSettings | undefined {
  const rules = Object.entries(methods).map(
    ([method, values]) => [method, ruleOf(values, auth.rule)] as const,
  )
  // After a fault in the block, what is missing has been reported.
  if (auth === OPEN && section.node('auth') !== undefined) return undefined
  for (const [method, rule] of rules) {
    const asks = rule.auth === 'required' || rule.scopes.length > 0 || rule.roles.length > 0
    if (asks && auth.scheme.type === 'none') reportUnguarded(name, method, section)
    else if (rule.auth === 'none' && (rule.scopes.length > 0 || rule.roles.length > 0))
      reportContradiction(method, section)
  }
  if (auth.scheme.type === 'none') return undefined
  checkCertificates(auth, listen, section)
  return { ...auth, methods: Object.fromEntries(rules) }
}

/** Makes the rules of methods that are served through a broker, from the block `serve` of an integration. */
export function serviceRules(
  name: string,
  { auth, method }: Pick<ServerBlocks, 'auth' | 'method'>,
  section: AnySection,
  { type }: Pick<AdapterManifest, 'type'>,
): AuthenticationSettings | undefined {
  const serve = section.node('serve')!
  if (!SERVED_BY.includes(type) && adapterManifest(type) !== undefined)
    section.fault(serve.nameSpan, {
      message: `an integration of type ${type} serves no methods through a broker`,
      hint: 'put "auth" and "method" in a block "server"',
    })
  const place: Place = {
    node: (inner) => nodeAt(serve, [inner]),
    fault: (span, finding) => section.fault(span, finding),
  }
  const scheme = auth?.scheme
  const needsConnection =
    scheme?.type === 'mtls' ||
    ((scheme?.type === 'jwt' || scheme?.type === 'oauth2') &&
      (scheme.certificateBound || scheme.dpop !== undefined))
  if (needsConnection)
    section.fault(place.node('auth')!.nameSpan, {
      message: 'a broker does not pass on the certificates and proofs of callers',
      hint: 'use tokens that are not bound',
    })
  return authenticationOf(name, { auth, method, listen: undefined }, place)
}

/** A server that cannot find out who calls would refuse everybody. */
function reportUnguarded(name: string, method: string, section: Place): void {
  const node = section.node('method')!
  section.fault((nodeAt(node, [method]) ?? node).nameSpan, {
    message: `the method "${method}" must know its callers, and the server "${name}" has no block "auth"`,
    hint: 'add auth { type = "jwt" … } to the server, or remove "auth", "scope" and "roles" of the method',
  })
}

function reportContradiction(method: string, section: Place): void {
  const node = section.node('method')!
  section.fault((nodeAt(node, [method]) ?? node).nameSpan, {
    message: `the method "${method}" asks for a scope or role of callers that it does not authenticate`,
    hint: 'set auth = required, or remove "scope" and "roles"',
  })
}

function checkCertificates(auth: ServerAuth, listen: ListenSettings | undefined, section: Place): void {
  const { scheme } = auth
  const needsCertificates =
    scheme.type === 'mtls' || ((scheme.type === 'jwt' || scheme.type === 'oauth2') && scheme.certificateBound)
  if (!needsCertificates || listen === undefined || listen.tls?.clientCa !== undefined) return
  section.fault(section.node('auth')!.nameSpan, {
    message: 'certificates of callers need "client_ca" in the block "listen"',
    hint: 'set tls = true, cert, key, and client_ca = "PATH" to the authority that signs them',
  })
}
