import { z } from 'zod'
import { filePath } from '../../adapters/config-kinds.js'
import { ifAllValid, needsBeside } from '../reading/fault.js'
import { text } from './kinds.js'
import { toSettings } from './settings.js'

export const minVersion = z
  .enum(['1.2', '1.3'])
  .transform((version) => `TLSv${version}` as const)
  .describe('Minimum version of TLS.')

/** Attributes of a client certificate with its key. */
export const clientCertificate = {
  client_cert: filePath.optional().describe('PEM file with the client certificate.'),
  client_key: filePath
    .meta({ writeOnly: true })
    .optional()
    .describe('PEM file with the key of `client_cert`.'),
}

interface ClientCertificate {
  readonly client_cert?: string | undefined
  readonly client_key?: string | undefined
}

/** Reports a certificate without a key, and a key without a certificate. */
export function checkPair(values: ClientCertificate, context: z.RefinementCtx): void {
  needsBeside(context, values, 'client_cert', 'client_key')
  needsBeside(context, values, 'client_key', 'client_cert')
}

const block = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether to use TLS.'),
    verify_server: z.boolean().default(true).describe('Whether to verify the certificate of the server.'),
    ca_cert: filePath
      .optional()
      .describe('PEM file with the authority to trust. Default: the authorities of the system.'),
    ...clientCertificate,
    server_name: text
      .optional()
      .describe(
        'Host name that the certificate of the server must match, if it differs from the address. Example: `"broker.example.com"`.',
      ),
    min_version: minVersion.optional(),
  })
  .superRefine(ifAllValid(checkPair))

/** Schema of `tls` of an endpoint or a registry: true, false, or a block (specification, "TLS Configuration"). */
export const tls = z
  .union([z.boolean(), block])
  .transform((given) => {
    const { enabled, ...rest } = typeof given === 'boolean' ? { enabled: given, verify_server: true } : given
    return enabled ? toSettings(block, rest) : undefined
  })
  .describe('Secures the connection with TLS. Changed files apply to the next connection.')
