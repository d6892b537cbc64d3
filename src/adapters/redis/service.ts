import type { AdapterSubscription, InboundRequest, RpcOutcome, ServiceFacet } from '../../core/adapter.js'
import { RpcError, SubscribeError } from '../../core/errors.js'
import type { Logger } from '../../core/telemetry.js'
import type { Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { untilAborted } from '../abort.js'
import type { Failure } from './failures.js'
import { readFields } from './fields.js'
import type { Link } from './link.js'
import type { Served } from './request-reader.js'
import { errorText } from './rpc-errors.js'
import type { Session } from './session.js'
import type { Argument, Reply } from './wire.js'

const PARSE_ERROR = -32_700
const NOTHING = new Uint8Array(0)

/** Serves methods: all servers of a method share the requests in its stream. */
export function serviceFacet(current: () => Session, format: WireFormat, log: Logger): ServiceFacet {
  return {
    async serve(method, sink, context): Promise<AdapterSubscription> {
      const session = current()
      const { link } = session
      const requests = session.requests(method)
      const failure: Failure = (reason, about) => new SubscribeError(method, reason, about)
      const served: Served = {
        method,
        held: false,
        accept(item) {
          const request = toRequest(link, method, item, requests.serverNow(), format, log)
          return request === undefined || sink.deliver(request)
        },
        end: (error) => sink.end(link.failure(error, failure)),
      }
      const adding = requests.add(served)
      try {
        await untilAborted(adding, context.signal, `serve ${method}`)
      } catch (error) {
        adding.then(() => requests.remove(served)).catch(ignore)
        throw link.failure(error, failure)
      }
      return { resume: () => requests.release(served), close: () => requests.remove(served) }
    },
  }
}

/** @returns undefined for what is no request, or is not worth an answer any more */
function toRequest(
  link: Link,
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
  const answer = answerer(link, fields.get('reply')?.toString(), fields.get('call')?.toString(), format)
  const payload = fields.get('params')
  let params: Value | undefined
  try {
    params = payload === undefined ? undefined : format.decode(payload)
  } catch {
    const error = new RpcError(PARSE_ERROR, `the request is not ${format.name}`)
    answer({ ok: false, error }).catch((cause: Error) =>
      log({ level: 'warn', message: 'a request could not be answered', reason: cause.message }),
    )
    return undefined
  }
  return { topic: method, payload: payload ?? NOTHING, params, answer }
}

function answerer(
  link: Link,
  reply: string | undefined,
  call: string | undefined,
  format: WireFormat,
): InboundRequest['answer'] {
  let answered = reply === undefined || call === undefined
  // A caller that has gone has taken its stream along, and none is made for it.
  const send = async (field: string, value: Argument) => {
    try {
      await link.send(reply, 'xadd', [reply!, 'NOMKSTREAM', '*', 'call', call!, field, value])
    } catch (error) {
      throw link.failure(error, (reason, context) => new RpcError(-32_000, reason, undefined, context))
    }
  }
  return async (outcome: RpcOutcome) => {
    if (answered) return
    answered = true
    if (!outcome.ok) return send('error', errorText(outcome.error))
    let payload: Uint8Array
    try {
      payload = format.encode(outcome.value)
    } catch (error) {
      // The caller hears of it too instead of waiting for an answer that cannot come.
      await send('error', errorText(error as Error))
      throw error
    }
    await send('result', payload)
  }
}

function ignore(): void {}
