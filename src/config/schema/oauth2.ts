import { z } from 'zod'
import { isLoopback } from '../../core/loopback.js'
import type { OAuth2Settings } from '../../core/settings/auth.js'
import { hasCredentials } from '../../core/user-info.js'
import { ifAllValid, wrong } from '../reading/fault.js'
import { oneOrMore, text } from './kinds.js'
import { toSettings } from './settings.js'

/** Scopes, separated by spaces (RFC 6749, section 3.3). */
const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/

const block = z.strictObject({
  type: z
    .literal('oauth2')
    .describe('Token from the client credentials grant (RFC 6749, section 4.4), renewed before it expires.'),
  token_url: text.describe(
    'URL of the token endpoint, with https. Example: `"https://login.example.com/oauth2/token"`.',
  ),
  client_id: text.describe('Id of the client at the authorization server.'),
  client_secret: z.string().meta({ writeOnly: true }).describe('Secret of the client.'),
  scopes: oneOrMore(text)
    .optional()
    .describe('Scopes to request. Example: `["orders.read", "orders.write"]`.'),
  audience: text.optional().describe('Audience of the token.'),
  client_auth: z
    .enum(['basic', 'post'])
    .default('basic')
    .describe('How to send the client secret: `basic` in the `Authorization` header, `post` in the body.'),
  allow_http: z.boolean().default(false).describe('Allows plain HTTP for a `token_url` on another machine.'),
})

export const oauth2 = block.superRefine(
  ifAllValid(({ token_url, allow_http, scopes = [] }, context) => {
    if (!scopes.every((scope) => SCOPES.test(scope)))
      wrong(context, 'scopes', 'names without quotes and backslashes')
    const url = URL.canParse(token_url) ? new URL(token_url) : undefined
    if (hasCredentials(token_url))
      wrong(context, 'token_url', 'a URL without credentials', 'move them to client_id and client_secret')
    else if (url === undefined || !/^https?:$/.test(url.protocol)) wrong(context, 'token_url', 'an https URL')
    else if (url.protocol === 'http:' && !allow_http && !isLoopback(url.hostname))
      wrong(
        context,
        'token_url',
        'an https URL',
        'plain HTTP exposes the client secret to the network; set "allow_http = true" to allow it',
      )
  }),
)

export function oauth2Settings(values: z.output<typeof oauth2>): OAuth2Settings {
  const { scopes = [], allowHttp, ...rest } = toSettings(block, values)
  return { ...rest, scopes: scopes.flatMap((scope) => scope.split(' ')), ...(allowHttp && { allowHttp }) }
}
