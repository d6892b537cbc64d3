import { createSecureContext } from 'node:tls'
import { ChannelCredentials } from '@grpc/grpc-js'
import { ConnectionError } from '../../core/errors.js'
import type { TlsSettings } from '../../core/settings.js'
import { readTlsOptions } from '../tls.js'

/**
 * What a channel proves and checks; the files are read anew each time, so that replaced ones are taken up.
 * @throws ConnectionError for a file that cannot be read, or does not hold what it should
 */
export async function channelCredentials(
  tls: TlsSettings | undefined,
  integration: string,
): Promise<ChannelCredentials> {
  if (tls === undefined) return ChannelCredentials.createInsecure()
  const { rejectUnauthorized, ...files } = await readTlsOptions(tls)
  try {
    return ChannelCredentials.createFromSecureContext(createSecureContext(files), { rejectUnauthorized })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new ConnectionError(`TLS: a certificate or key file cannot be used: ${code}`, {
      integration,
      retryable: false,
    })
  }
}
