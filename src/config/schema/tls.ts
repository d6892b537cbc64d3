import { z } from 'zod'
import { fault, together } from '../reading/fault.js'
import { filePath, text } from './kinds.js'
import { toSettings } from './settings.js'

export const minVersion = z
  .enum(['1.2', '1.3'])
  .transform((version) => `TLSv${version}` as const)
  .describe('The oldest version of TLS that is spoken.')

/** A client certificate with its key. */
export const clientCertificate = {
  client_cert: filePath.optional().describe('The certificate that we show.'),
  client_key: filePath.meta({ writeOnly: true }).optional().describe('The key of `client_cert`.'),
}

interface ClientCertificate {
  readonly client_cert?: string | undefined
  readonly client_key?: string | undefined
}

/** A certificate is of no use without its key. */
export function checkPair({ client_cert, client_key }: ClientCertificate, context: z.RefinementCtx): void {
  const pair = { client_cert, client_key }
  for (const [here, there] of [
    ['client_cert', 'client_key'],
    ['client_key', 'client_cert'],
  ] as const)
    if (pair[here] !== undefined && pair[there] === undefined)
      fault(context, [here], { message: `"${here}" needs "${there}" beside it` })
}

const block = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether the connection is secured.'),
    verify_server: z.boolean().default(true).describe('Whether the certificate of the server is checked.'),
    ca_cert: filePath.optional().describe("The authority to trust; the system's without it."),
    ...clientCertificate,
    server_name: text
      .optional()
      .describe(
        'Whom the certificate of the server has to be for, where that is not the host of the address.',
      ),
    min_version: minVersion.optional(),
  })
  .superRefine(together(checkPair))

/** `tls` of an endpoint or a registry: true, false, or a block (specification, "TLS Configuration"). */
export const tls = z
  .union([z.boolean(), block])
  .transform((given) => {
    const { enabled, ...rest } = typeof given === 'boolean' ? { enabled: given, verify_server: true } : given
    return enabled ? toSettings(block, rest) : undefined
  })
  .describe('Secures the connection. Files that change are taken up by the next connection.')
