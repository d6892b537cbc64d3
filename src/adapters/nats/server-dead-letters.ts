import type { AdapterContext } from '../../core/adapter.js'
import { messageName } from './arrival.js'
import type { ConsumerBinding } from './bindings.js'
import type { Connection } from './client/connection.js'
import { decodeHeaders } from './client/headers.js'
import type { JetStream } from './client/jetstream.js'

const ADVISORY = '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES'
/** Of all gateways with that consumer one reports a message. */
const QUEUE_GROUP = 'nemo-dead-letters'
const NO_BYTES = new Uint8Array(0)

/**
 * Reports the messages that the server itself gives up, because a consumer of the operator has a limit of deliveries.
 * They stay in their stream.
 * @returns ends that
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
      reason: `not settled in ${attempts} deliveries, which is the limit of the consumer ${consumer}; it stays in its stream as ${messageName(stream, sequence)}`,
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
          context.log({ level: 'warn', message: `a dead letter could not be reported: ${error.message}` }),
        )
    },
    onOversize() {},
    onRefused: (text) =>
      context.log({
        level: 'warn',
        message: `messages that the server gives up are not reported for queue ${queue}: ${text}`,
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
