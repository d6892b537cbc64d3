import { afterEach } from 'vitest'
import type { Attempt } from '../../src/core/adapter/attempt.js'
import type { ProtocolAdapter } from '../../src/core/adapter/protocol-adapter.js'
import type { IntegrationSettings } from '../../src/core/settings/integration.js'
import { actorRig } from './rig.js'

interface Try {
  readonly what: string
  readonly signal: AbortSignal
  resolve(value?: unknown): void
  reject(error: unknown): void
}

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** An actor whose adapter notes each attempt and leaves it to the test. */
export function attemptRig(settings: Partial<IntegrationSettings> = {}, more: Partial<ProtocolAdapter> = {}) {
  const attempts: Try[] = []
  const contexts: Attempt[] = []
  const attempt = (what: string, context: Attempt) => {
    contexts.push(context)
    const { signal } = context
    return new Promise<never>((resolve, reject) =>
      attempts.push({ what, signal, resolve: resolve as Try['resolve'], reject }),
    )
  }
  const facets: Partial<ProtocolAdapter> = {
    rpc: {
      call: (method, _params, context) => attempt(`call ${method}`, context),
      notify: (method, _params, context) => attempt(`notify ${method}`, context),
    },
    pubsub: {
      publish: (topic, _payload, _options, context) => attempt(`publish ${topic}`, context),
      subscribe: async (pattern, _options, _sink, context) => {
        await attempt(`subscribe ${pattern}`, context)
        return { resume: () => {}, close: async () => {} }
      },
    },
  }
  const actor = actorRig({ timeoutMs: 1_000, ...settings }, { ...facets, ...more })
  ends.push(actor.end)
  return { ...actor, attempts, contexts, tried: () => attempts.map(({ what }) => what) }
}
