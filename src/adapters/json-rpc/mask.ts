import type { IntegrationSettings } from '../../core/settings/integration.js'
import { SecretMask, secretsInHeaders, secretsInQuery, secretsOf } from '../secret-mask.js'
import type { JsonRpcConfig } from './manifest.js'

/** Makes a mask for the credentials of an integration: those in its `auth` block, headers and addresses. */
export function maskFor({ auth, endpoint }: IntegrationSettings, { headers }: JsonRpcConfig): SecretMask {
  const { addresses, path = '' } = endpoint
  return new SecretMask([
    ...secretsOf(auth),
    ...secretsInHeaders(headers),
    ...[...addresses, path].flatMap(secretsInQuery),
  ])
}
