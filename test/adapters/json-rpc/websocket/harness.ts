import { onTestFinished } from 'vitest'
import type { InboundMessage, MessageSink } from '../../../../src/core/adapter/inbound.js'
import {
  type Peer,
  type WebSocketServiceOptions,
  webSocketService,
} from '../../../support/websocket-service.js'

export interface Request {
  readonly id?: number
  readonly method: string
  readonly params?: unknown
}

/** A server that is closed when the test ends. */
export async function service(
  receive: (text: string, peer: Peer) => void = echo,
  options?: WebSocketServiceOptions,
) {
  const server = await webSocketService(receive, options)
  onTestFinished(() => server.close())
  return server
}

/** Answers each call with its params; `fail…` with an error. */
export function echo(text: string, { socket }: Peer): void {
  const message = JSON.parse(text) as Request | readonly Request[]
  const replies = (Array.isArray(message) ? (message as readonly Request[]) : [message as Request])
    .filter(({ id, method }) => id !== undefined && method !== undefined)
    .map(replyTo)
  if (replies.length > 0) socket.send(JSON.stringify(Array.isArray(message) ? replies.reverse() : replies[0]))
}

export function replyTo({ id, method, params }: Request): object {
  return method.startsWith('fail')
    ? { jsonrpc: '2.0', id, error: { code: 7, message: method } }
    : { jsonrpc: '2.0', id, result: params ?? null }
}

/** A notification as a server sends it. */
export const notification = (method: string, params?: unknown) =>
  JSON.stringify({ jsonrpc: '2.0', method, ...(params !== undefined && { params }) })

/** A sink that remembers; it has room for as many messages as it is told. */
export function recorder(room = Number.POSITIVE_INFINITY) {
  const messages: { topic: string; value: unknown }[] = []
  const sink: MessageSink<InboundMessage> = {
    deliver({ topic, payload }) {
      messages.push({ topic, value: JSON.parse(Buffer.from(payload).toString()) })
      return messages.length < room
    },
    lost() {},
    end() {},
  }
  return { sink, messages }
}
