import { expectTypeOf, test } from 'vitest'
import type * as adapter from '../../src/adapter.js'
import type { InMilliseconds } from '../../src/core/in-milliseconds.js'
import type * as options from '../../src/core/operation-options.js'
import type { Headers } from '../../src/core/value.js'
import type { RequestOptions, SourceSpec } from '../../src/mailbox/protocol.js'

test('durations become milliseconds, and nothing else changes', () => {
  expectTypeOf<
    InMilliseconds<Pick<options.PublishOptions, 'qos' | 'retain' | 'headers' | 'expiry'>>
  >().toEqualTypeOf<{
    readonly qos?: 0 | 1 | 2
    readonly retain?: boolean
    readonly headers?: Headers
    readonly expiryMs?: number
  }>()
  expectTypeOf<InMilliseconds<Pick<options.SubscribeOptions, 'params'>>>().toEqualTypeOf<{
    readonly params?: unknown
  }>()
})

test('an option has the same type for the client, the mailbox and the adapter', () => {
  expectTypeOf<RequestOptions['qos']>().toEqualTypeOf<options.PublishOptions['qos']>()
  expectTypeOf<adapter.PublishOptions['qos']>().toEqualTypeOf<options.PublishOptions['qos']>()
  expectTypeOf<RequestOptions>().toExtend<adapter.PublishOptions & adapter.EnqueueOptions>()
  expectTypeOf<SourceSpec['overflow']>().toEqualTypeOf<NonNullable<options.SubscribeOptions['overflow']>>()
  expectTypeOf<SourceSpec['concurrency']>().toEqualTypeOf<options.ConsumeOptions['concurrency']>()
})
