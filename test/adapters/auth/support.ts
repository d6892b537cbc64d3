import { onTestFinished } from 'vitest'
import { type TokenSource, tokenSource } from '../../../src/adapters/token-source.js'
import type { AuthSettings, OAuth2Settings } from '../../../src/core/settings/auth.js'
import type { IntegrationSettings } from '../../../src/core/settings/integration.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { adapterContext, type RecordingContext } from '../../support/adapter-context.js'
import { type TokenServer, tokenServer } from '../../support/token-server.js'

export const SECRET = 'unmistakable-hunter2-of-32-bytes-or-more'

export interface TokenRig {
  readonly source: TokenSource
  readonly clock: ManualClock
  readonly context: RecordingContext
}

/** A source of tokens, with a clock that stands still. */
export function sourceFor(auth: AuthSettings, settings: Partial<IntegrationSettings> = {}): TokenRig {
  const clock = new ManualClock()
  const context = adapterContext({ name: 'it', auth, ...settings }, 'client', clock)
  const source = tokenSource(context)!
  onTestFinished(() => source.close())
  return { source, clock, context }
}

export interface OAuth2Rig extends TokenRig {
  readonly server: TokenServer
}

/** A server and a client of it. */
export async function oauth2(
  answer?: Parameters<typeof tokenServer>[1],
  given: Partial<OAuth2Settings> = {},
  settings: Partial<IntegrationSettings> = {},
  tls?: Parameters<typeof tokenServer>[2],
): Promise<OAuth2Rig> {
  const server = await tokenServer({ id: 'client:1', secret: SECRET }, answer, tls)
  onTestFinished(() => server.close())
  return { server, ...sourceFor(oauth2Settings(server.url, given), settings) }
}

/** Settings for a token endpoint. */
export function oauth2Settings(tokenUrl: string, given: Partial<OAuth2Settings> = {}): OAuth2Settings {
  return {
    type: 'oauth2',
    tokenUrl,
    clientId: 'client:1',
    clientSecret: SECRET,
    scopes: [],
    clientAuth: 'basic',
    ...given,
  }
}
