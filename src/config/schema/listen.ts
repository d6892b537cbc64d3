import { z } from 'zod'
import { rereadPath } from '../../adapters/config-kinds.js'
import { fault, ifAllValid } from '../reading/fault.js'
import { text } from './kinds.js'
import { toSettings } from './settings.js'
import { minVersion } from './tls.js'

const files = {
  cert: rereadPath.describe('PEM file with the certificate of the server.'),
  key: rereadPath.describe('PEM file with the key of `cert`.'),
  client_ca: rereadPath
    .optional()
    .describe('PEM file with an authority. Callers must present a certificate that it has signed.'),
  min_version: minVersion.optional(),
}
const tlsBlock = z.strictObject(files)
const FILES = ['cert', 'key', 'client_ca', 'min_version'] as const

const block = z
  .strictObject({
    address: text
      .default('127.0.0.1')
      .describe(
        'Address to listen on. The default accepts connections only from this machine; `"0.0.0.0"` accepts them from everywhere.',
      ),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .describe(
        'Port to listen on. 0 takes any free port, which the status and the event `connection:changed` report.',
      ),
    path: text.optional().describe('Path, for protocols over HTTP. Example: `"/rpc"`.'),
    tls: z
      .union([z.boolean(), tlsBlock])
      .optional()
      .describe('`true` with `cert` and `key` beside it, or a block that contains them.'),
    ...tlsBlock.partial().shape,
  })
  .superRefine(
    ifAllValid((values, context) => {
      const beside = FILES.find((name) => values[name] !== undefined)
      if (values.tls === true) {
        for (const name of ['cert', 'key'] as const)
          if (values[name] === undefined)
            fault(context, values.client_ca === undefined ? [] : ['client_ca'], {
              message: `TLS needs "${name}"`,
              expected: 'the path of a file',
            })
      } else if (beside !== undefined && typeof values.tls === 'object')
        fault(context, [beside], { message: 'move this attribute to the block "tls"' })
      // An unused certificate means an unprotected server.
      else if (beside !== undefined)
        fault(context, [beside], {
          message: 'a certificate needs TLS',
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
  .describe('Address that the server listens on.')
