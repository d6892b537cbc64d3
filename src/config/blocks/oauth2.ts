import { isLoopback } from '../../core/loopback.js'
import type { OAuth2Settings } from '../../core/settings.js'
import { anyText, boolean, oneOf, oneOrMore, text } from '../kinds.js'
import type { OAuth2Block } from '../options.js'
import type { Section } from '../section.js'

/** RFC 6749, section 3.3: scopes are separated by spaces. */
const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/

/** An `auth` block of type `oauth2`. */
export function readOAuth2(section: Section<OAuth2Block>): OAuth2Settings {
  const allowHttp = section.value('allow_http', boolean) ?? false
  const tokenUrl = readTokenUrl(section, allowHttp)
  const clientId = section.required('client_id', text) ?? ''
  const clientSecret = section.required('client_secret', anyText) ?? ''
  const scopes = section.value('scopes', oneOrMore(text)) ?? []
  if (!scopes.every((scope) => SCOPES.test(scope)))
    section.wrong('scopes', section.node('scopes')!, 'names without quotes and backslashes')
  const audience = section.value('audience', text)
  const clientAuth = section.value('client_auth', oneOf(['basic', 'post'])) ?? 'basic'
  return {
    type: 'oauth2',
    tokenUrl,
    clientId,
    clientSecret,
    scopes: scopes.flatMap((scope) => scope.split(' ')),
    ...(audience !== undefined && { audience }),
    clientAuth,
    ...(allowHttp && { allowHttp }),
  }
}

function readTokenUrl(section: Section<OAuth2Block>, allowHttp: boolean): string {
  const given = section.required('token_url', text)
  if (given === undefined) return ''
  const node = section.node('token_url')!
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) section.wrong('token_url', node, 'an https URL')
  else if (url.username !== '' || url.password !== '')
    section.wrong(
      'token_url',
      node,
      'a URL without credentials',
      'they belong in client_id and client_secret',
    )
  else if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname))
    section.wrong(
      'token_url',
      node,
      'an https URL',
      'over plain HTTP everybody on the way reads the client secret; "allow_http = true" allows it',
    )
  return given
}
