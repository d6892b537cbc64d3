import type { Caller, CallerCertificate, Credentials } from '../core/adapter/authentication.js'
import type { CertificateRule, CertificateRules } from '../core/settings/authentication.js'
import { known } from './named-caller.js'
import type { Scheme } from './scheme.js'

/** Authenticates callers by the certificate of their connection, which TLS has verified before. */
export function mtlsScheme({ rules }: CertificateRules): Scheme {
  const matchers = rules.map((rule) => ({ rule, matches: matcherOf(rule) }))
  return {
    name: 'mtls',
    identify({ certificate }: Credentials): Caller {
      const presented = certificate?.()
      if (presented === undefined) return { kind: 'anonymous' }
      const subject = presented.commonName || (presented.alternativeNames[0] ?? '')
      if (matchers.length === 0) return known({ subject, scopes: [], roles: [] }, 'mtls')
      const found = matchers.find(({ matches }) => matches(presented))
      if (found === undefined) return { kind: 'invalid', reason: 'no rule admits the certificate' }
      const { scopes, roles } = found.rule
      return known({ subject, scopes, roles }, 'mtls')
    },
    close: () => {},
  }
}

function matcherOf({ commonName, alternativeName }: CertificateRule): (of: CallerCertificate) => boolean {
  const common = commonName === undefined ? undefined : patternOf(commonName)
  const alternative = alternativeName === undefined ? undefined : patternOf(alternativeName)
  return (of) =>
    (common === undefined || common.test(of.commonName)) &&
    (alternative === undefined || of.alternativeNames.some((name) => alternative.test(name)))
}

/** `*` matches characters of one label: neither dots nor slashes. Host names have no case. */
function patternOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|/-]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^./]+')}$`, /^DNS:/i.test(pattern) ? 'i' : '')
}
