import { z } from 'zod'
import { hasCredentials, mayHoldUserInfo } from '../../core/user-info.js'
import { fault, ifAllValid } from '../reading/fault.js'
import { oneOrMore, text } from './kinds.js'
import { toSettings } from './settings.js'
import { tls } from './tls.js'

const block = z
  .strictObject({
    address: oneOrMore(text)
      .optional()
      .describe(
        'Host or URL, or a list of them that is tried in order. Not needed with `discovery`. Example: `"https://api.example.com"` or `["mqtt-1.internal", "mqtt-2.internal"]`.',
      ),
    port: z.int().min(1).max(65_535).optional().describe('Port. Default: the port of the protocol.'),
    path: text.optional().describe('Path, for protocols over HTTP. Example: `"/rpc"`.'),
    tls: tls.optional(),
  })
  .superRefine(
    ifAllValid(({ address = [] }, context) => {
      // A custom adapter may have addresses such as user@host.
      if (!address.some((each) => mayHoldUserInfo(each) && hasCredentials(each))) return
      const finding = {
        message: 'the address contains credentials',
        hint: 'move them to an "auth" block, or write an "@" that does not end credentials as "%40"',
      }
      fault(context, ['address'], finding, 'value')
    }),
  )

export const endpoint = block
  .transform((values) => {
    const { address: addresses = [], ...rest } = toSettings(block, values)
    return { addresses, ...rest }
  })
  .meta({ example: 'endpoint { address = "…" }' })
  .describe('Address of the service.')
