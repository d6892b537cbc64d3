import type { RpcOutcome } from '../../core/adapter/rpc-facet.js'
import type { ErrorContext } from '../../core/errors/context.js'
import { SerializeError } from '../../core/errors/operation.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import type { HttpAnswer } from './exchange.js'
import { contentType, isSuccess, serviceFailure, statusText, unexplainedFailure } from './http-status.js'
import { errorIn, type ReplyRules, readBatchReply, readReply } from './reply.js'

/** Dependencies for reading an answer. */
export interface AnswerContext extends ReplyRules {
  readonly format: WireFormat
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Returns the result of the call `id`. */
export function readCallAnswer(answer: HttpAnswer, id: number, context: AnswerContext): Value {
  refuseServiceFailure(answer, context)
  const outcome = isSuccess(answer.status)
    ? readReply(bodyOf(answer, context), id, context)
    : explanationOf(answer, id, context)
  if (!outcome.ok) throw outcome.error
  return outcome.value
}

/**
 * Returns the outcomes of a batch of `count` calls whose ids count up from `firstId`.
 * @throws AuthError, RateLimitedError, ConnectionError, RpcError, SerializeError if the batch failed as a whole
 */
export function readBatchAnswer(
  answer: HttpAnswer,
  firstId: number,
  count: number,
  context: AnswerContext,
): readonly RpcOutcome[] {
  refuseServiceFailure(answer, context)
  if (isSuccess(answer.status)) return readBatchReply(bodyOf(answer, context), firstId, count, context)
  const reply = tryBodyOf(answer, context)
  const rules = { ...context, unnumbered: answer.status }
  const outcomes = reply === undefined ? [] : readBatchReply(reply, firstId, count, rules)
  if (!outcomes.some(isErrorOfServer)) throw unexplainedFailure(answer, context)
  return outcomes
}

/**
 * Checks the answer to a notification: a success status is enough, and the body is ignored.
 * @throws AuthError, RateLimitedError, ConnectionError, RpcError, SerializeError
 */
export function readNotificationAnswer(answer: HttpAnswer, context: AnswerContext): void {
  refuseServiceFailure(answer, context)
  if (isSuccess(answer.status)) return
  const outcome = explanationOf(answer, undefined, context)
  if (!outcome.ok) throw outcome.error
}

function refuseServiceFailure(answer: HttpAnswer, context: AnswerContext): void {
  const bodyError = (more: ErrorContext) => {
    const reply = tryBodyOf(answer, context)
    return reply === undefined
      ? undefined
      : errorIn(reply, context, { integration: context.integration, ...more })
  }
  const failure = serviceFailure(answer, context, bodyError)
  if (failure !== undefined) throw failure
}

/** Returns the error of an error status: the JSON-RPC error in the body, or else an error that names the status. */
function explanationOf(answer: HttpAnswer, id: number | undefined, context: AnswerContext): RpcOutcome {
  const reply = tryBodyOf(answer, context)
  const rules = { ...context, unnumbered: answer.status }
  const outcome = reply === undefined ? undefined : readReply(reply, id, rules)
  if (outcome !== undefined && isErrorOfServer(outcome)) return outcome
  return { ok: false, error: unexplainedFailure(answer, context) }
}

function isErrorOfServer(outcome: RpcOutcome): boolean {
  return !outcome.ok && outcome.error instanceof RpcError
}

function tryBodyOf(answer: HttpAnswer, context: AnswerContext): Value | undefined {
  try {
    return bodyOf(answer, context)
  } catch {
    return undefined
  }
}

/** Decodes the body and ignores its content type, because servers label JSON in many ways. */
function bodyOf(answer: HttpAnswer, { integration, format, mask }: AnswerContext): Value {
  if (answer.body.length === 0)
    throw new SerializeError(`empty answer (${statusText(answer.status)})`, { integration })
  try {
    return format.decode(answer.body)
  } catch (error) {
    const { reason } = error as SerializeError
    const type = contentType(answer, mask) ?? 'nothing'
    throw new SerializeError(`malformed answer: ${reason} (content type: ${type})`, { integration })
  }
}
