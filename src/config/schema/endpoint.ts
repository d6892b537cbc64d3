import { z } from 'zod'
import { fault, together } from '../reading/fault.js'
import { hasCredentials } from '../secrets.js'
import { oneOrMore, text } from './kinds.js'
import { toSettings } from './settings.js'
import { tls } from './tls.js'

const block = z
  .strictObject({
    address: oneOrMore(text)
      .optional()
      .describe(
        'A host or URL, or a list that is tried in turn. May be left out where a `discovery` finds it.',
      ),
    port: z.int().min(1).max(65_535).optional().describe("The port; the protocol's own without it."),
    path: text.optional().describe('The path, for protocols over HTTP.'),
    tls: tls.optional(),
  })
  .superRefine(
    together(({ address = [] }, context) => {
      if (!address.some(hasCredentials)) return
      const finding = { message: 'the address holds credentials', hint: 'they belong in an "auth" block' }
      fault(context, ['address'], finding, 'value')
    }),
  )

export const endpoint = block
  .transform((values) => {
    const { address: addresses = [], ...rest } = toSettings(block, values)
    return { addresses, ...rest }
  })
  .meta({ example: 'endpoint { address = "…" }' })
  .describe('Where the service is.')
