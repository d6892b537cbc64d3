import type { MessagePort } from 'node:worker_threads'
import type { Endpoint } from 'comlink'
import * as Comlink from 'comlink'
import { decodeError, type ErrorRecord, encodeError } from './error-codec.js'

/** An interface that can be called over a port: its methods take plain data and return promises. */
export type Controllable<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => Promise<infer R> ? (...args: A) => Promise<R> : never
}

// Comlink keeps only the name and message of an error, so each method resolves with its outcome instead of rejecting.
type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ErrorRecord }

interface Served {
  invoke(method: string, args: unknown[]): Promise<Outcome>
}

/** Answers calls that arrive on `port` with the methods of `target`. */
export function serveControl<T extends object>(port: MessagePort, target: T): void {
  const served: Served = {
    async invoke(method, args) {
      try {
        const call = (target as Record<string, unknown>)[method]
        if (typeof call !== 'function') throw new TypeError(`no control method ${JSON.stringify(method)}`)
        return { ok: true, value: await call.apply(target, args) }
      } catch (error) {
        return { ok: false, error: encodeError(error) }
      }
    },
  }
  Comlink.expose(served, endpoint(port))
}

/**
 * Returns the interface of the other side.
 * @param gone rejects when the other side is gone, and never resolves; all calls then reject with the same reason
 */
export function connectControl<T extends object>(port: MessagePort, gone: Promise<never>): Controllable<T> {
  const remote = Comlink.wrap<Served>(endpoint(port))
  // Comlink leaves a call pending indefinitely if the other side dies.
  const pending = new Set<(reason: unknown) => void>()
  let end: { readonly reason: unknown } | undefined
  gone.catch((reason: unknown) => {
    end = { reason }
    for (const reject of pending) reject(reason)
    pending.clear()
  })
  const call =
    (method: string) =>
    (...args: unknown[]) =>
      new Promise<unknown>((resolve, reject) => {
        if (end !== undefined) return reject(end.reason)
        pending.add(reject)
        remote.invoke(method, args).then((outcome) => {
          pending.delete(reject)
          if (outcome.ok) resolve(outcome.value)
          else reject(decodeError(outcome.error))
        }, reject)
      })
  return new Proxy({} as Controllable<T>, {
    get: (_target, method) => (typeof method === 'string' && method !== 'then' ? call(method) : undefined),
  })
}

/** Adapts a Node port to the endpoint that Comlink expects. */
function endpoint(port: MessagePort): Endpoint {
  const listeners = new WeakMap<object, (message: unknown) => void>()
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer as ArrayBuffer[] | undefined),
    addEventListener(_type, listener) {
      const onMessage = (data: unknown) => {
        const event = { data } as MessageEvent
        if ('handleEvent' in listener) listener.handleEvent(event)
        else (listener as (event: MessageEvent) => void)(event)
      }
      port.on('message', onMessage)
      listeners.set(listener, onMessage)
    },
    removeEventListener(_type, listener) {
      const onMessage = listeners.get(listener)
      if (onMessage !== undefined) port.off('message', onMessage)
    },
    start: () => port.start(),
  }
}
