import {
  ANYTHING,
  checkArgument,
  checkOptions,
  type Expected,
  listItems,
  NAME,
  RECORD,
  readMembers,
} from '../core/arguments.js'
import type { Duration } from '../core/duration.js'
import type { IntegrationError } from '../core/errors/integration-error.js'
import { INSPECT } from '../core/inspect.js'
import { CALL_OPTIONS, type CallOptions } from '../core/operation-options.js'
import { decodeError, type ErrorRecord } from '../mailbox/error-codec.js'
import type { IntegrationMail } from '../mailbox/integration-mail.js'
import type { RequestOptions } from '../mailbox/protocol.js'
import { requireCapability, shownClient } from './capability.js'
import { limitsOf } from './limits.js'

/** One call of a batch. */
export interface RpcCall {
  /** The method as the service calls it. */
  readonly method: string
  /** Its parameters: what the wire format can carry. */
  readonly params?: unknown
}

/** The outcome of one call of a batch. */
export type RpcResult<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: IntegrationError }

const IDEMPOTENT = { idempotent: true } as const
const CALLS: Expected = { what: 'a list of calls', is: Array.isArray }
/** The most calls of a batch. More would keep the threads busy for too long at a time. */
const MOST_CALLS = 10_000
const RPC_CALL = { method: NAME, params: ANYTHING } as const

/**
 * Calls methods of a service. Parameters are copied some time after the call, so do not change them before the promise
 * settles.
 *
 * All methods may be called concurrently. After a shutdown they reject with ShutdownError.
 */
export class RpcClient {
  readonly #mail: IntegrationMail
  readonly #context: { readonly integration: string }

  /** @internal */
  constructor(mail: IntegrationMail) {
    this.#mail = mail
    this.#context = { integration: mail.name }
  }

  /**
   * Calls a method and waits for its result. If the actor dies, the call is repeated if it is idempotent; otherwise
   * it rejects with ActorCrashedError.
   * @param method the method as the service calls it
   * @param params a value that the protocol can encode
   * @returns the result
   * @throws RpcError for an error answer of the server; otherwise an IntegrationError of another kind
   */
  call<T = unknown>(method: string, params?: unknown, options?: CallOptions): Promise<T> {
    // The fast path for calls without options: the promise of an async function would add a tenth to the cost of a
    // call.
    if (options === undefined && this.#mail.supports('call') && typeof method === 'string' && method !== '')
      return this.#mail.request('call', method, params) as Promise<T>
    return this.#call<T>(method, params, options)
  }

  /**
   * Calls a method with a time-out.
   * @param method the method as the service calls it
   * @param params what the wire format can carry; JSON-RPC takes a list or an object
   * @param timeout milliseconds or text such as `"2s"`
   * @returns the result, decoded
   * @throws TimeoutError, and what `call` throws
   */
  callWithTimeout<T = unknown>(method: string, params: unknown, timeout: Duration): Promise<T> {
    return this.call<T>(method, params, { timeout })
  }

  /**
   * Makes several calls, in one request if the protocol has batches, otherwise concurrently.
   * @param calls the calls, at most 10,000; an empty list resolves at once
   * @returns one result for each call, in the order of the calls; a failed call does not fail the batch
   * @throws ConfigError for anything but a list of at most 10,000 calls; otherwise an IntegrationError if the request
   *   as a whole fails
   */
  async batch(calls: readonly RpcCall[], options?: CallOptions): Promise<RpcResult[]> {
    requireCapability(this.#mail, 'batch')
    const checked = this.#checkedCalls(calls)
    checkOptions('batch', options, CALL_OPTIONS, this.#context)
    if (checked.length === 0) return []
    const results = (await this.#mail.request(
      'batch',
      '',
      checked,
      requestOptionsOf(options),
      limitsOf(options),
    )) as readonly Crossed[]
    return results.map((result) =>
      result.ok
        ? result
        : { ok: false, error: decodeError(result.error, this.#mail.name) as IntegrationError },
    )
  }

  /**
   * Sends a notification, which has no answer. Resolves when it has been sent.
   * @param method the method as the service calls it
   * @param params a value that the protocol can encode
   * @throws IntegrationError
   */
  async notify(method: string, params?: unknown, options?: CallOptions): Promise<void> {
    requireCapability(this.#mail, 'notify')
    this.#check('notify', method, options)
    await this.#mail.request('notify', method, params, requestOptionsOf(options), limitsOf(options))
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    return shownClient('RpcClient', this.#mail)
  }

  #check(verb: string, method: string, options: CallOptions | undefined): void {
    checkArgument(verb, 'method', method, NAME, this.#context)
    checkOptions(verb, options, CALL_OPTIONS, this.#context)
  }

  /** Copies the calls while it checks them, so that a getter cannot give another call later. */
  #checkedCalls(calls: readonly RpcCall[]): RpcCall[] {
    const items = listItems('batch', 'calls', calls, CALLS, MOST_CALLS, this.#context)
    return items.map((call, i) => {
      const where = `batch: call ${i}`
      checkArgument('batch', `call ${i}`, call, RECORD, this.#context)
      checkOptions(where, call, RPC_CALL, this.#context)
      const { method, params } = readMembers(where, call as RpcCall, ['method', 'params'], this.#context)
      checkArgument(where, 'method', method, NAME, this.#context)
      return params === undefined ? { method } : { method, params }
    })
  }

  async #call<T>(method: string, params: unknown, options: CallOptions | undefined): Promise<T> {
    requireCapability(this.#mail, 'call')
    this.#check('call', method, options)
    return (await this.#mail.request(
      'call',
      method,
      params,
      requestOptionsOf(options),
      limitsOf(options),
    )) as T
  }
}

type Crossed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ErrorRecord }

function requestOptionsOf(options: CallOptions | undefined): RequestOptions | undefined {
  if (options?.headers === undefined) return options?.idempotent ? IDEMPOTENT : undefined
  return { headers: options.headers, ...(options.idempotent && IDEMPOTENT) }
}
