import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import { messageName } from './arrival.js'
import type { ConsumerBinding } from './bindings.js'
import type { Connection } from './client/connection.js'
import { decodeHeaders } from './client/headers.js'
import type { JetStream } from './client/jetstream.js'

const ADVISORY = '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES'
/** Among all gateways that use the consumer, one member of this group reports a message. */
const QUEUE_GROUP = 'nemo-dead-letters'
const NO_BYTES = new Uint8Array(0)

/**
 * Reports messages that the server stops delivering because the operator's consumer limits deliveries. The messages
 * stay in their stream.
 * @returns stops reporting
 */
export function reportServerDeadLetters(
  queue: string,
  { stream, consumer, maxDeliver }: ConsumerBinding,
  connection: Connection,
  jetStream: JetStream,
  context: Pick<AdapterContext, 'clock' | 'settings' | 'log' | 'deadLettered'>,
): () => void {
  const report = async (sequence: number, attempts: number) => {
    const deadline = context.clock.monotonic() + context.settings.timeoutMs
    const answer = await jetStream
      .call(`STREAM.MSG.GET.${stream}`, { seq: sequence }, deadline)
      .catch(() => ({}))
    const { message } = answer as { message?: { data?: unknown; hdrs?: unknown } }
    const [payload, block] = [message?.data, message?.hdrs].map((text) =>
      typeof text === 'string' ? Buffer.from(text, 'base64') : undefined,
    )
    const headers = block && decodeHeaders(block).headers
    context.deadLettered({
      queue,
      reason: `not settled in ${attempts} deliveries, the limit of consumer ${consumer}. It stays in its stream as ${messageName(stream, sequence)}`,
      attempts,
      payload: payload ?? NO_BYTES,
      ...(headers && { headers }),
    })
  }
  const sid = connection.subscribe(`${ADVISORY}.${stream}.${consumer}`, QUEUE_GROUP, {
    onMessage({ payload }) {
      const { sequence, deliveries } = readAdvisory(payload)
      if (sequence !== undefined)
        report(sequence, deliveries ?? maxDeliver).catch((error: Error) =>
          context.log({
            level: 'warn',
            message: `cannot report a dead letter of queue ${queue}: ${error.message}`,
          }),
        )
    },
    onOversize() {},
    onRefused: (text) =>
      context.log({
        level: 'warn',
        message: `cannot report messages of queue ${queue} that exceed the consumer's limit of deliveries: ${text}`,
      }),
  })
  return () => {
    connection.unsubscribe(sid)
    connection.forget(sid)
  }
}

function readAdvisory(payload: Buffer): { readonly sequence?: number; readonly deliveries?: number } {
  try {
    const { stream_seq, deliveries } = JSON.parse(payload.toString()) as Record<string, unknown>
    return {
      ...(typeof stream_seq === 'number' && { sequence: stream_seq }),
      ...(typeof deliveries === 'number' && { deliveries }),
    }
  } catch {
    return {}
  }
}
