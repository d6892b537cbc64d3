import { z } from 'zod'
import { memoryBrokerManifest } from '../../brokers/memory/manifest.js'
import type { AdapterManifest } from '../../core/manifest.js'

/**
 * Describes the memory protocol: every pattern, between the integrations of one gateway. The protocol has no batch;
 * the actor makes one of single calls.
 */
export const memoryManifest: AdapterManifest = {
  type: 'memory',
  capabilities: ['call', 'notify', 'batch', 'serve', 'publish', 'subscribe', 'enqueue', 'dequeue'],
  carriesHeaders: () => ['publish', 'enqueue'],
  remarks: { subscribe: '`+`, `#`' },
  defaultFormat: 'json',
  formats: ['json', 'msgpack', 'binary', 'protobuf'],
  auth: ['none'],
  config: z.strictObject({
    broker: z.string().min(1).default('memory').describe('Name of the embedded broker to connect to.'),
  }),
  needsEndpoint: false,
  worker: () => new URL('../../../workers/memory.cjs', import.meta.url),
  broker: memoryBrokerManifest,
}
