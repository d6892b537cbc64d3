import type {
  EnqueueAction,
  LogAction,
  PublishAction,
  RpcAction,
  ScriptAction,
} from '../../core/settings/action.js'
import { parameterValue } from '../../core/settings/late.js'
import type { Headers } from '../../core/value.js'
import { withHops } from '../hops.js'
import {
  type ActionParts,
  contentOf,
  type Done,
  headersOf,
  limitsOf,
  namesOf,
  type Run,
  textOf,
} from './run.js'

export async function callMethod(action: RpcAction, run: Run, parts: ActionParts): Promise<Done> {
  const names = namesOf(run, parts)
  const method = textOf(action.method, '"method"', names)
  const params = contentOf(action.params, run, names)
  const headers = headersOf(action.headers, names)
  const { timeoutMs: timeout, idempotent, integration } = action
  const options = { ...limitsOf(timeout, run), idempotent, ...(headers && { headers }) }
  const result = await parts.integration(integration).rpc.call(method, params, options)
  return { result }
}

export async function publishMessage(action: PublishAction, run: Run, parts: ActionParts): Promise<Done> {
  const names = namesOf(run, parts)
  const topic = textOf(action.topic, '"topic"', names)
  const params = contentOf(action.message, run, names)
  const headers = messageHeadersOf(action, run, names)
  const { timeoutMs: timeout, qos, retain, expiryMs: expiry, format, integration } = action
  await parts.integration(integration).pubsub.publish(topic, params, {
    ...limitsOf(timeout, run),
    ...(headers && { headers }),
    ...(qos !== undefined && { qos }),
    ...(retain !== undefined && { retain }),
    ...(expiry !== undefined && { expiry }),
    ...(format !== undefined && { format }),
  })
  return { result: null }
}

export async function enqueueMessage(action: EnqueueAction, run: Run, parts: ActionParts): Promise<Done> {
  const names = namesOf(run, parts)
  const queue = textOf(action.queue, '"queue"', names)
  const params = contentOf(action.message, run, names)
  const headers = messageHeadersOf(action, run, names)
  const { timeoutMs: timeout, delayMs: delay, format, integration } = action
  const result = await parts.integration(integration).queue.send(queue, params, {
    ...limitsOf(timeout, run),
    ...(headers && { headers }),
    ...(delay !== undefined && { delay }),
    ...(format !== undefined && { format }),
  })
  return { result }
}

export async function callFunction(action: ScriptAction, run: Run, parts: ActionParts): Promise<Done> {
  const params = contentOf(action.params, run, namesOf(run, parts))
  return { result: await parts.callScript(action.handler, params, action.name, run) }
}

export async function writeLog(action: LogAction, run: Run, parts: ActionParts): Promise<Done> {
  const names = namesOf(run, parts)
  const message = textOf(action.message, '"message"', names)
  const fields = action.fields === undefined ? {} : parameterValue(action.fields, names)
  const isRecord = typeof fields === 'object' && fields !== null && !Array.isArray(fields)
  const more = isRecord ? fields : { fields }
  parts.log({ ...more, level: action.level, message, action: action.name })
  return { result: null }
}

/** The headers of a message, with its hops if the messages carry headers. */
function messageHeadersOf(
  action: PublishAction | EnqueueAction,
  run: Run,
  names: ReturnType<typeof namesOf>,
): Headers | undefined {
  const headers = headersOf(action.headers, names)
  return action.carriesHops ? withHops(headers, run.hops) : headers
}
