import { z } from 'zod'
import { memoryBrokerManifest } from '../../brokers/memory/manifest.js'
import type { AdapterManifest } from '../../core/manifest.js'

/**
 * The memory protocol: every pattern, between the integrations of one gateway, through the memory broker.
 * There is no batch of calls on the line: the actor makes one of single calls.
 */
export const memoryManifest: AdapterManifest = {
  type: 'memory',
  capabilities: ['call', 'notify', 'batch', 'serve', 'publish', 'subscribe', 'enqueue', 'dequeue'],
  remarks: { subscribe: '`+`, `#`' },
  defaultFormat: 'json',
  formats: ['json', 'msgpack', 'binary', 'protobuf'],
  auth: ['none'],
  config: z.strictObject({
    broker: z.string().min(1).default('memory').describe('The name of the embedded broker to dial.'),
  }),
  needsEndpoint: false,
  worker: () => new URL('../../../workers/memory.mjs', import.meta.url),
  broker: memoryBrokerManifest,
}
