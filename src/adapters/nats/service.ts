import type { RpcOutcome } from '../../core/adapter/rpc-facet.js'
import type { InboundRequest, ServiceFacet } from '../../core/adapter/service-facet.js'
import type { Clock } from '../../core/clock.js'
import { IntegrationError } from '../../core/errors/integration-error.js'
import { SubscribeError } from '../../core/errors/pubsub.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { Logger } from '../../core/telemetry.js'
import type { Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { untilAborted } from '../abort.js'
import { encodeHeaders } from './client/headers.js'
import type { MessageView } from './client/message-view.js'
import { checkSize } from './client/sizes.js'
import type { ConnectionSet, CurrentConnections } from './connection-set.js'
import type { Discovery, EndpointStats } from './discovery.js'
import type { NatsConfig } from './manifest.js'
import { errorAnswer } from './rpc-errors.js'
import type { Subjects } from './subjects.js'
import { type SinkSubscription, subscribeSink } from './subscriber.js'

const PARSE_ERROR = -32_700
const INVALID_REQUEST = -32_600
const INTERNAL_ERROR = -32_603
/** The code that a caller receives when the service is full. */
const OVERLOADED = 503

/** What the facet needs. */
export interface ServiceDependencies {
  readonly connections: CurrentConnections
  readonly config: NatsConfig
  readonly format: WireFormat
  readonly subjects: Subjects
  readonly discovery: Discovery
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Serves methods: subscribes to the subject named like the method in a queue group, so that all servers of the method
 * share its requests. Served methods are discoverable (see `Discovery`).
 */
export function serviceFacet(dependencies: ServiceDependencies): ServiceFacet {
  const { connections, config, subjects, discovery } = dependencies
  /** The latest subscription of each method. It takes over requests that arrive for an earlier one. */
  const latest = new Map<string, SinkSubscription>()
  return {
    async serve(method, sink, context) {
      const failure = (reason: string) => new SubscribeError(method, reason)
      let subject: string
      try {
        subject = subjects.subject(method)
      } catch (error) {
        throw failure(`the method name must be a valid subject: ${(error as Error).message}`)
      }
      const { signal } = context
      const operation = `serve ${method}`
      const current = connections()
      const connection = await untilAborted(current.connection('server'), signal, operation)
      const queueGroup = config.service.queue_group
      const stats = discovery.endpoint(method, subject, queueGroup)
      const answer = answering(dependencies, current, stats)
      const refuse = (view: MessageView, reason: string) => {
        const error = new RpcError(OVERLOADED, `${method}: ${reason}`)
        void answer(view.reply)({ ok: false, error }).catch(() => {})
      }
      const subscription = {
        operation,
        subjects: [subject],
        queueGroup,
        toMessage: (view: MessageView) => toRequest(dependencies, view, method, answer(view.reply)),
        onMissed: (view: MessageView) => refuse(view, 'the service is overloaded, or the request too large'),
        onLate(view: MessageView) {
          const successor = latest.get(method)
          if (successor === undefined) refuse(view, 'the service has ended')
          else successor.take(view)
        },
        failure,
      }
      const served = await subscribeSink(connection, subscription, sink, current.ended, signal)
      latest.set(method, served)
      const withdraw = discovery.announce(connection, stats)
      return {
        resume: served.resume,
        async finish() {
          withdraw()
          await served.finish()
          if (latest.get(method) === served) latest.delete(method)
        },
        async close() {
          withdraw()
          if (latest.get(method) === served) latest.delete(method)
          await served.close()
        },
      }
    },
  }
}

type Answer = InboundRequest['answer']

/**
 * Returns a function that makes the `answer` of a request. A request without a reply subject is a notification, whose
 * answer is not sent.
 */
function answering(
  { format, clock }: ServiceDependencies,
  { main }: ConnectionSet,
  stats: EndpointStats,
): (reply: string | undefined) => Answer {
  const send = (reply: string, outcome: RpcOutcome) => {
    if (main.closed !== undefined) throw main.closed
    const answer = outcome.ok
      ? { headers: undefined, payload: format.encode(outcome.value) }
      : errorAnswer(outcome.error, format)
    const headers = answer.headers && encodeHeaders(answer.headers)
    checkSize(main, headers, answer.payload)
    main.writer.publish(reply, undefined, headers, answer.payload)
  }
  return (reply) => {
    const started = clock.monotonic()
    let answered = false
    return async (outcome) => {
      if (answered) return
      answered = true
      stats.count(clock.monotonic() - started, outcome.ok ? undefined : outcome.error)
      if (reply === undefined) return
      try {
        send(reply, outcome)
        // Until the socket has room the answer holds memory, and the server makes no further ones.
        await main.writer.congestion()
      } catch (error) {
        if (main.closed !== undefined) throw error
        // Send the error to the caller, so that it does not wait for its time-out.
        const reason =
          error instanceof IntegrationError ? 'the answer cannot be sent' : (error as Error).message
        send(reply, { ok: false, error: new RpcError(INTERNAL_ERROR, reason) })
        throw error
      }
    }
  }
}

function toRequest(
  { format, log }: ServiceDependencies,
  view: MessageView,
  method: string,
  answer: Answer,
): InboundRequest | undefined {
  const payload = view.ownPayload
  let params: Value | undefined
  try {
    params = payload.byteLength === 0 ? undefined : format.decode(payload)
  } catch (cause) {
    const code = cause instanceof IntegrationError ? PARSE_ERROR : INVALID_REQUEST
    answer({ ok: false, error: new RpcError(code, `the request is not ${format.name}`) }).catch(
      (error: Error) => log({ level: 'warn', message: 'cannot answer a request', reason: error.message }),
    )
    return undefined
  }
  const { headers } = view.headers
  return { topic: method, payload, params, answer, ...(headers && { headers }) }
}
