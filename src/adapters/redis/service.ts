import type { AdapterSubscription } from '../../core/adapter/inbound.js'
import type { RpcOutcome } from '../../core/adapter/rpc-facet.js'
import type { InboundRequest, ServiceFacet } from '../../core/adapter/service-facet.js'
import { SubscribeError } from '../../core/errors/pubsub.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { Logger } from '../../core/telemetry.js'
import type { Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { untilAborted } from '../abort.js'
import { rpcErrorText } from '../rpc-errors.js'
import { elidedSize } from './client/elision.js'
import { runScript } from './commands.js'
import type { Argument, Reply } from './connection.js'
import type { ConnectionPool } from './connection-pool.js'
import type { Failure } from './failures.js'
import { readFields } from './fields.js'
import type { Served } from './request-reader.js'
import { ANSWER, ANSWERS_KEPT_MS } from './rpc-scripts.js'
import type { Session } from './session.js'

const PARSE_ERROR = -32_700
const INVALID_REQUEST = -32_600
const NOTHING = new Uint8Array(0)

/** Serves methods. All servers of a method share the requests in its stream. */
export function serviceFacet(current: () => Session, format: WireFormat, log: Logger): ServiceFacet {
  return {
    async serve(method, sink, context): Promise<AdapterSubscription> {
      const session = current()
      const { pool } = session
      const requests = session.requests(method)
      const failure: Failure = (reason, about) => new SubscribeError(method, reason, about)
      const served: Served = {
        method,
        held: false,
        accept(item) {
          const request = toRequest(pool, method, item, requests.serverNow(), format, log)
          return request === undefined || sink.deliver(request)
        },
        end: (error) => sink.end(pool.failure(error, failure)),
      }
      try {
        await requests.add(served, (preparing) => untilAborted(preparing, context.signal, `serve ${method}`))
      } catch (error) {
        throw pool.failure(error, failure)
      }
      return { resume: () => requests.release(served), close: () => requests.remove(served) }
    },
  }
}

/** @returns undefined if the entry is not a request, or if the request has expired */
function toRequest(
  pool: ConnectionPool,
  method: string,
  item: Reply,
  now: number,
  format: WireFormat,
  log: Logger,
): InboundRequest | undefined {
  const entry = readFields(item)
  if (entry === undefined) return undefined
  const { fields } = entry
  if (Number(fields.get('until') ?? Number.POSITIVE_INFINITY) <= now) return undefined
  const answer = answerer(pool, fields.get('reply')?.toString(), fields.get('call')?.toString(), format)
  const payload = fields.get('params')
  const refuse = (error: RpcError) => {
    answer({ ok: false, error }).catch((cause: Error) =>
      log({ level: 'warn', message: 'cannot answer a request', reason: cause.message }),
    )
    return undefined
  }
  const size = elidedSize(payload)
  if (size !== undefined)
    return refuse(new RpcError(INVALID_REQUEST, `the request has ${size} bytes: more than limits.frame`))
  let params: Value | undefined
  try {
    params = payload === undefined ? undefined : format.decode(payload)
  } catch {
    return refuse(new RpcError(PARSE_ERROR, `the request is not ${format.name}`))
  }
  const authorization = fields.get('authorization')?.toString()
  const headers = authorization === undefined ? undefined : { authorization }
  return { topic: method, payload: payload ?? NOTHING, params, answer, ...(headers && { headers }) }
}

function answerer(
  pool: ConnectionPool,
  reply: string | undefined,
  call: string | undefined,
  format: WireFormat,
): InboundRequest['answer'] {
  let answered = reply === undefined || call === undefined
  const send = async (field: string, value: Argument) => {
    try {
      const fields = ['call', call!, field, value]
      const id = await pool.send(reply, 'xadd', [reply!, 'NOMKSTREAM', '*', ...fields])
      // The caller's stream was flushed or evicted, or the caller has ended.
      if (id === null) await runScript(pool, ANSWER, [reply!], [ANSWERS_KEPT_MS, ...fields])
    } catch (error) {
      throw pool.failure(error, (reason, context) => new RpcError(-32_000, reason, undefined, context))
    }
  }
  return async (outcome: RpcOutcome) => {
    if (answered) return
    answered = true
    if (!outcome.ok) return send('error', rpcErrorText(outcome.error))
    let payload: Uint8Array
    try {
      payload = format.encode(outcome.value)
    } catch (error) {
      // Send the error to the caller, so that it does not wait for its time-out.
      await send('error', rpcErrorText(error as Error))
      throw error
    }
    await send('result', payload)
  }
}
