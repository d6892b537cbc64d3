import { z } from 'zod'
import { fault, together } from '../reading/fault.js'
import { filePath, text } from './kinds.js'
import { toSettings } from './settings.js'
import { minVersion } from './tls.js'

const files = {
  cert: filePath.describe('The certificate that callers see.'),
  key: filePath.describe('Its key.'),
  client_ca: filePath.optional().describe('Callers have to show a certificate of this authority.'),
  min_version: minVersion.optional(),
}
const tlsBlock = z.strictObject(files)
const FILES = ['cert', 'key', 'client_ca', 'min_version'] as const

const block = z
  .strictObject({
    address: text
      .default('127.0.0.1')
      .describe('Where it listens; by default it is reached from this machine alone.'),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .describe('0: any that is free; the status and the event `connection:changed` say which.'),
    path: text.optional().describe('The path, for protocols over HTTP.'),
    tls: z
      .union([z.boolean(), tlsBlock])
      .optional()
      .describe('`true` with `cert` and `key` beside it, or a block that holds them.'),
    ...tlsBlock.partial().shape,
  })
  .superRefine(
    together((values, context) => {
      const beside = FILES.find((name) => values[name] !== undefined)
      if (values.tls === true) {
        for (const name of ['cert', 'key'] as const)
          if (values[name] === undefined)
            fault(context, values.client_ca === undefined ? [] : ['client_ca'], {
              message: `TLS needs "${name}"`,
              expected: 'the path of a file',
            })
      } else if (beside !== undefined && typeof values.tls === 'object')
        fault(context, [beside], { message: 'this belongs in the block "tls"' })
      // A certificate that is not used is a server that is not protected.
      else if (beside !== undefined)
        fault(context, [beside], {
          message: 'a certificate is of use with TLS only',
          hint: 'write tls = true',
        })
    }),
  )

export const listen = block
  .transform((values) => {
    const { tls, cert = '', key = '', client_ca, min_version, ...rest } = values
    const given = tls === true ? { cert, key, client_ca, min_version } : tls
    return { ...toSettings(block, rest), ...(given && { tls: toSettings(tlsBlock, given) }) }
  })
  .meta({ example: 'listen { port = … }' })
  .describe('Where requests arrive.')
