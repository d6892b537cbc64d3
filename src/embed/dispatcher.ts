import { sharedController } from '../core/abort.js'
import { didYouMean } from '../core/did-you-mean.js'
import type { ClientAnswer } from './asked.js'
import { checkParams } from './check-params.js'
import type { GatewayPort } from './gateway-port.js'
import type { Method, MethodContext } from './method.js'
import { JSON_RPC, LIMITS } from './protocol.js'
import type { SessionPort } from './session-port.js'
import {
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  NOT_INITIALIZED,
  PARSE_ERROR,
  ProtocolFault,
  wireError,
} from './wire-error.js'

export type Id = string | number | null

interface Request {
  readonly id: Id | undefined
  readonly method: string
  readonly params: unknown
}

/** What a dispatcher needs of its session. */
export interface DispatcherPorts {
  readonly methods: Readonly<Record<string, Method>>
  readonly gateway: GatewayPort
  readonly session: SessionPort
  /** Whether the client has sent `initialize`. */
  isInitialized(): boolean
  /** Sends an answer or a batch of answers. */
  reply(answer: object): void
  /** Takes an answer of the client. @returns false if it answers nothing */
  answered(answer: ClientAnswer): boolean
  /** Reports a notification that failed, which has no answer. */
  failed(method: string, error: unknown): void
  /** Called whenever a request has ended. */
  ended(): void
}

/** Runs the requests of a client. Every request with an id is answered exactly once. */
export class Dispatcher {
  readonly #ports: DispatcherPorts
  readonly #methods: ReadonlyMap<string, Method>
  /** The requests in flight by id; with a controller if they can be cancelled. */
  readonly #ids = new Map<Id, AbortController | undefined>()
  #inFlight = 0
  #bytes = 0

  constructor(ports: DispatcherPorts) {
    this.#ports = ports
    this.#methods = new Map(Object.entries(ports.methods))
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Bytes of the requests in flight. */
  get bytes(): number {
    return this.#bytes
  }

  /** Runs a message of the client. Never throws. @param bytes its size */
  handle(message: unknown, bytes: number): void {
    const after: (() => void)[] = []
    const finish = (answer: object | undefined) => {
      if (answer !== undefined) this.#ports.reply(answer)
      for (const task of after) task()
    }
    const outcome = Array.isArray(message)
      ? this.#runAll(message, bytes, after)
      : this.#run(message, bytes, after, false)
    if (outcome instanceof Promise) void outcome.then(finish)
    else finish(outcome)
  }

  /** Answers bytes that are not a message. */
  refuse(reason: string, code: number = PARSE_ERROR): void {
    this.#ports.reply(failure(null, new ProtocolFault(code, reason)))
  }

  /** Cancels a request. @returns false if no request that can be cancelled has that id */
  cancel(id: Id): boolean {
    const controller = this.#ids.get(id)
    controller?.abort()
    return controller !== undefined
  }

  /** Cancels everything that can be cancelled. */
  cancelAll(): void {
    for (const controller of this.#ids.values()) controller?.abort()
  }

  #runAll(
    messages: readonly unknown[],
    bytes: number,
    after: (() => void)[],
  ): object | undefined | Promise<object | undefined> {
    if (messages.length === 0 || messages.length > LIMITS.batch)
      return failure(
        null,
        new ProtocolFault(
          INVALID_REQUEST,
          `a batch has from 1 to ${LIMITS.batch} requests, found ${messages.length}`,
        ),
      )
    const share = bytes / messages.length
    return Promise.all(messages.map((message) => this.#run(message, share, after, true))).then((answers) => {
      const given = answers.filter((answer) => answer !== undefined)
      return given.length === 0 ? undefined : given
    })
  }

  /** Runs one request. @returns its answer, if it gets one; a promise only if it takes time */
  #run(
    message: unknown,
    bytes: number,
    after: (() => void)[],
    isBatched: boolean,
  ): object | undefined | Promise<object | undefined> {
    let request: Request
    try {
      const found = this.#requestOf(message)
      if (found === undefined) return undefined
      request = found
    } catch (error) {
      return failure(idOf(message), error)
    }
    const { id } = request
    let controller: AbortController | undefined
    let result: unknown
    try {
      if (request.method === 'initialize' && (isBatched || id === undefined))
        throw new ProtocolFault(INVALID_REQUEST, 'initialize must be a request, and not part of a batch')
      const method = this.#methodOf(request.method)
      const params = checkParams(request.method, method, request.params)
      if (id !== undefined && id !== null) {
        if (this.#ids.has(id))
          throw new ProtocolFault(INVALID_REQUEST, `a request with the id ${JSON.stringify(id)} is in flight`)
        controller = method.cancellable && sharedController()
      }
      result = method.run(params, this.#context(controller?.signal, after))
    } catch (error) {
      return this.#failed(request, error)
    }
    if (!(result instanceof Promise)) return id === undefined ? undefined : success(id, result)
    if (id !== undefined && id !== null) this.#ids.set(id, controller)
    this.#inFlight++
    this.#bytes += bytes
    const end = () => {
      if (id !== undefined && id !== null) this.#ids.delete(id)
      this.#inFlight--
      this.#bytes -= bytes
      this.#ports.ended()
    }
    return result.then(
      (value) => {
        end()
        return id === undefined ? undefined : success(id, value)
      },
      (error: unknown) => {
        end()
        return this.#failed(request, error)
      },
    )
  }

  #context(signal: AbortSignal | undefined, after: (() => void)[]): MethodContext {
    const { gateway, session } = this.#ports
    return { gateway, session, signal, afterAnswer: (task) => after.push(task) }
  }

  #failed({ id, method }: Request, error: unknown): object | undefined {
    if (id !== undefined) return failure(id, error)
    this.#ports.failed(method, error)
    return undefined
  }

  /** Reads a request. @returns `undefined` for an answer to one of ours. @throws ProtocolFault */
  #requestOf(message: unknown): Request | undefined {
    if (typeof message !== 'object' || message === null || Array.isArray(message))
      throw new ProtocolFault(INVALID_REQUEST, 'expected a request object')
    const { jsonrpc, id, method, params } = message as Readonly<Record<string, unknown>>
    if (jsonrpc !== JSON_RPC) throw new ProtocolFault(INVALID_REQUEST, `"jsonrpc": expected "${JSON_RPC}"`)
    if (method === undefined && ('result' in message || 'error' in message)) {
      if (this.#ports.answered(message as ClientAnswer)) return undefined
      throw new ProtocolFault(INVALID_REQUEST, 'an answer to a request that is not in flight')
    }
    if (typeof method !== 'string') throw new ProtocolFault(INVALID_REQUEST, '"method": expected text')
    if (!isId(id)) throw new ProtocolFault(INVALID_REQUEST, '"id": expected text, a number or null')
    return { id, method, params }
  }

  #methodOf(name: string): Method {
    const method = this.#methods.get(name)
    if (method === undefined) {
      const near = didYouMean(name, this.#methods.keys())
      throw new ProtocolFault(
        METHOD_NOT_FOUND,
        `unknown method ${JSON.stringify(name.slice(0, LONGEST_NAME))}`,
        near === undefined ? 'see rpc.discover' : `did you mean ${JSON.stringify(near)}?`,
      )
    }
    if (method.always !== true && !this.#ports.isInitialized())
      throw new ProtocolFault(NOT_INITIALIZED, `${name}: the first request must be initialize`)
    return method
  }
}

const LONGEST_NAME = 100

function isId(id: unknown): id is Id | undefined {
  return id === undefined || id === null || typeof id === 'string' || Number.isFinite(id)
}

/** The id to answer a faulty request with. */
function idOf(message: unknown): Id {
  const { id } = Object(message) as { id?: unknown }
  return isId(id) ? (id ?? null) : null
}

function success(id: Id, result: unknown): object {
  return { jsonrpc: JSON_RPC, id, result }
}

export function failure(id: Id, error: unknown): object {
  return { jsonrpc: JSON_RPC, id, error: wireError(error) }
}
