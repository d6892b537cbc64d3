import { SerializeError } from '../core/errors/operation.js'
import { type ErrorRecord, encodeError, messageOf } from './error-codec.js'
import type { ActorBatch, ActorNotice, DeliveryRun, ReceivedMessage } from './protocol.js'

/**
 * Replaces the values of a batch that cannot be cloned by errors, so that it can be sent: such an answer fails its
 * request, and such a delivery carries the error instead of its value. Everything else stays.
 */
export function salvage(unsendable: ActorBatch): ActorBatch {
  const batch = { ...unsendable, replies: withReadableMessages(unsendable.replies) }
  return {
    ...batch,
    ...salvagedAnswers(batch),
    failures: failuresOf(batch),
    runs: batch.runs?.map(salvagedRun),
    notices: batch.notices?.map(salvagedNotice),
  }
}

/** Replaces the value of a received message but keeps its token, so that the host can settle it. */
function withReadableMessages(replies: ActorBatch['replies']): ActorBatch['replies'] {
  if (replies === undefined) return undefined
  const values = replies.values.map((value) => {
    if (!isReceived(value) || faultOf(value) === undefined) return value
    const error = new SerializeError(`the message cannot be sent to the host: ${faultOf(value)}`)
    const { topic, bytes, extras } = value
    const message = cloneableFields({ topic, ...(bytes && { bytes }) })
    return { topic, ...message, extras: { ...cloneableFields(extras), fault: encodeError(error) } }
  })
  return { seqs: replies.seqs, values }
}

function isReceived(value: unknown): value is ReceivedMessage {
  const { topic, extras } = (value ?? {}) as Partial<ReceivedMessage>
  return typeof topic === 'string' && typeof extras?.token === 'number'
}

function salvagedAnswers({ replies }: ActorBatch): Pick<ActorBatch, 'replies'> {
  if (replies === undefined) return { replies }
  const kept = replies.seqs.map((_, i) => i).filter((i) => faultOf(replies.values[i]) === undefined)
  return {
    replies: { seqs: kept.map((i) => replies.seqs[i]!), values: kept.map((i) => replies.values[i]) },
  }
}

function failuresOf({ replies, failures }: ActorBatch): ActorBatch['failures'] {
  const seqs = [...(failures?.seqs ?? [])]
  const errors: ErrorRecord[] = [...(failures?.errors ?? [])]
  replies?.seqs.forEach((seq, i) => {
    const fault = faultOf(replies.values[i])
    if (fault === undefined) return
    seqs.push(seq)
    errors.push(encodeError(new SerializeError(`the answer cannot be sent to the host: ${fault}`)))
  })
  return { seqs, errors }
}

function salvagedRun(run: DeliveryRun): DeliveryRun {
  const { payload, count } = run
  const values = payload.kind === 'values' ? [...payload.values] : undefined
  const extras = Array.from({ length: count }, (_, i) => run.extras?.[i])
  for (let i = 0; i < count; i++) {
    const fault = faultOf(values?.[i]) ?? faultOf(extras[i])
    if (fault === undefined) continue
    if (values !== undefined) values[i] = null
    const error = new SerializeError(`the message cannot be sent to the host: ${fault}`)
    extras[i] = { ...cloneableFields(extras[i] ?? {}), fault: encodeError(error) }
  }
  return { ...run, extras, ...(values !== undefined && { payload: { kind: 'values', values } }) }
}

function salvagedNotice(notice: ActorNotice): ActorNotice {
  return faultOf(notice) === undefined ? notice : (cloneableFields(notice) as ActorNotice)
}

function cloneableFields<T extends object>(record: T): Partial<T> {
  const fields = Object.entries(record).filter(([, value]) => faultOf(value) === undefined)
  return Object.fromEntries(fields) as Partial<T>
}

/** Why a value cannot be cloned; `undefined` if it can. */
function faultOf(value: unknown): string | undefined {
  try {
    structuredClone(value)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
