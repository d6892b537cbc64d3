import { z } from 'zod'
import { isLoopback } from '../../core/loopback.js'
import type { OAuth2Settings } from '../../core/settings.js'
import { together, wrong } from '../reading/fault.js'
import { oneOrMore, text } from './kinds.js'
import { toSettings } from './settings.js'

/** RFC 6749, section 3.3: scopes are separated by spaces. */
const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/

const block = z.strictObject({
  type: z.literal('oauth2').describe('A token by the client credentials grant, renewed before it expires.'),
  token_url: text.describe('Where tokens are issued; an https URL.'),
  client_id: text.describe('The id of the client.'),
  client_secret: z.string().meta({ writeOnly: true }).describe('Its secret.'),
  scopes: oneOrMore(text).optional().describe('What the token is for.'),
  audience: text.optional().describe('Whom the token is for.'),
  client_auth: z
    .enum(['basic', 'post'])
    .default('basic')
    .describe('How the client proves itself to the token endpoint.'),
  allow_http: z
    .boolean()
    .default(false)
    .describe('Whether `token_url` may be plain HTTP beyond this machine.'),
})

export const oauth2 = block.superRefine(
  together(({ token_url, allow_http, scopes = [] }, context) => {
    if (!scopes.every((scope) => SCOPES.test(scope)))
      wrong(context, 'scopes', 'names without quotes and backslashes')
    const url = URL.canParse(token_url) ? new URL(token_url) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol)) wrong(context, 'token_url', 'an https URL')
    else if (url.username !== '' || url.password !== '')
      wrong(context, 'token_url', 'a URL without credentials', 'they belong in client_id and client_secret')
    else if (url.protocol === 'http:' && !allow_http && !isLoopback(url.hostname))
      wrong(
        context,
        'token_url',
        'an https URL',
        'over plain HTTP everybody on the way reads the client secret; "allow_http = true" allows it',
      )
  }),
)

export function oauth2Settings(values: z.output<typeof oauth2>): OAuth2Settings {
  const { scopes = [], allowHttp, ...rest } = toSettings(block, values)
  return { ...rest, scopes: scopes.flatMap((scope) => scope.split(' ')), ...(allowHttp && { allowHttp }) }
}
