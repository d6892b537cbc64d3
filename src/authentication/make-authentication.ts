import { tokenRequest } from '../adapters/token-request.js'
import type { Authentication } from '../core/adapter/authentication.js'
import type { Clock } from '../core/clock.js'
import type {
  AuthenticationSettings,
  JwtVerification,
  SchemeSettings,
} from '../core/settings/authentication.js'
import type { Logger } from '../core/telemetry.js'
import { basicScheme } from './basic.js'
import { bearerScheme } from './bearer.js'
import { DpopProofs } from './dpop.js'
import { Introspection } from './introspection.js'
import { JwtCheck } from './jwt.js'
import { KeySet } from './key-set.js'
import { FileKey, type KeySource, secretKey } from './keys.js'
import { mtlsScheme } from './mtls.js'
import { fetchKeys, type ProviderRequest } from './provider.js'
import { noScheme, type Scheme } from './scheme.js'
import { ServerAuthentication } from './server-authentication.js'
import { TokenScheme } from './token-scheme.js'

export interface AuthenticationDependencies {
  readonly clock: Clock
  readonly log: Logger
  /** Replaces requests to identity providers in tests. */
  readonly request?: ProviderRequest
}

/** Makes the authentication of a server. @param name the name of the server */
export function makeAuthentication(
  settings: AuthenticationSettings,
  name: string,
  dependencies: AuthenticationDependencies,
): Authentication {
  const scheme = schemeOf(settings.scheme, name, dependencies)
  return new ServerAuthentication(settings, scheme, name, dependencies.clock)
}

function schemeOf(settings: SchemeSettings, name: string, dependencies: AuthenticationDependencies): Scheme {
  const { clock } = dependencies
  switch (settings.type) {
    case 'none':
      return noScheme
    case 'bearer':
      return bearerScheme(settings)
    case 'basic':
      return basicScheme(settings)
    case 'mtls':
      return mtlsScheme(settings)
    default: {
      const check =
        settings.type === 'jwt'
          ? new JwtCheck(settings, keysOf(settings, name, dependencies), clock)
          : new Introspection(settings, requestTo(settings.caCert, name, dependencies), clock)
      const { dpop } = settings
      return new TokenScheme(settings, check, dpop && new DpopProofs(dpop, clock), clock)
    }
  }
}

function keysOf({ key }: JwtVerification, name: string, dependencies: AuthenticationDependencies): KeySource {
  if (key.kind === 'secret') return secretKey(key.secret)
  if (key.kind === 'pem') return new FileKey(key.file, dependencies.clock)
  return new KeySet(key, fetchKeys(key, requestTo(key.caCert, name, dependencies)), dependencies)
}

function requestTo(
  caCert: string | undefined,
  name: string,
  { request }: AuthenticationDependencies,
): ProviderRequest {
  const tls = caCert === undefined ? undefined : { verifyServer: true, caCert }
  return request ?? ((url, post, signal) => tokenRequest(url, post, tls, name, signal))
}
