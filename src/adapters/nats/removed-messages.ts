import type { ConsumerBinding } from './bindings.js'
import type { Connection } from './client/connection.js'
import type { JetStream } from './client/jetstream.js'

/** The most sequence numbers of a consumer that are looked at. */
const MOST = 100_000
const ACK = Buffer.from('+ACK')

interface ConsumerState {
  readonly num_ack_pending?: number
  readonly num_redelivered?: number
  readonly ack_floor?: { readonly stream_seq?: number }
  readonly delivered?: { readonly stream_seq?: number }
}

/**
 * Acknowledges messages of a consumer that its stream no longer has. A server that was killed (seen: 2.9.10) may take
 * them for unacknowledged. It then tries again and again to deliver them, and delivers no other message meanwhile.
 * @param deadline `clock.monotonic()` milliseconds
 * @returns how many were unacknowledged until then
 * @throws JetStreamApiError, NoResponders, and the errors of a request
 */
export async function settleRemoved(
  { stream, consumer }: Pick<ConsumerBinding, 'stream' | 'consumer'>,
  jetStream: JetStream,
  connection: Pick<Connection, 'writer'>,
  deadline: number,
): Promise<number> {
  const info = async () =>
    (await jetStream.call(`CONSUMER.INFO.${stream}.${consumer}`, undefined, deadline)) as ConsumerState
  const before = await info()
  const { num_ack_pending = 0, num_redelivered = 0, ack_floor, delivered } = before
  const [floor, last] = [ack_floor?.stream_seq ?? 0, delivered?.stream_seq ?? 0]
  if (num_ack_pending === 0 || num_redelivered === 0 || last - floor > MOST) return 0
  const removed = await removedFrom(stream, jetStream, deadline)
  // An acknowledgement of a message that is acknowledged already has no effect.
  for (const sequence of removed)
    if (sequence > floor && sequence <= last)
      connection.writer.publish(
        `$JS.ACK.${stream}.${consumer}.1.${sequence}.1.0.0`,
        undefined,
        undefined,
        ACK,
      )
  return removed.length === 0 ? 0 : num_ack_pending - ((await info()).num_ack_pending ?? 0)
}

/** The sequence numbers below the newest one of messages that a stream has no longer. */
async function removedFrom(
  stream: string,
  jetStream: JetStream,
  deadline: number,
): Promise<readonly number[]> {
  const call = async (body?: object) =>
    (await jetStream.call(`STREAM.INFO.${stream}`, body, deadline)).state as
      | { readonly num_deleted?: number; readonly deleted?: readonly number[] }
      | undefined
  const count = (await call())?.num_deleted ?? 0
  if (count === 0 || count > MOST) return []
  return (await call({ deleted_details: true }))?.deleted ?? []
}
