import type { MessagePort } from 'node:worker_threads'
import {
  type AnswerEntry,
  type DeliveryEntry,
  eachEntry,
  type Frame,
  FrameWriter,
  type LineFault,
  type MessageEntry,
  type RequestEntry,
  type ToBroker,
  type ToClient,
} from '../../brokers/memory/line.js'
import { ConnectionError } from '../../core/errors/connection.js'
import { SerializeError, TimeoutError } from '../../core/errors/operation.js'
import { RpcError } from '../../core/errors/rpc.js'
import { SequenceTable } from '../../core/sequence-table.js'
import { cutOff, unsent } from '../cut-off.js'

/** A request that waits for its answer. Exactly one of `succeeded` and `failed` is called, once. */
export interface PendingRequest {
  /** Names the operation in a time-out: `call users.list`. */
  readonly operation: string
  succeeded(value: unknown): void
  failed(error: Error): void
  /** Makes the error for a request that the broker refuses. */
  refusal(reason: string, context: RefusalContext): Error
  /** Receives the estimated memory of the result, before `succeeded`. */
  answered?(weight: number): void
  /** Called when the broker has the message and acknowledges it later, when there is room. */
  held?(): void
}

/** What every refusal has in common: the broker has done nothing. */
export interface RefusalContext {
  readonly retryable: boolean
  readonly notExecuted: true
}

/** Handlers for what the broker sends unasked. */
export interface ConnectionHandlers {
  message(entry: MessageEntry, payload: Uint8Array): void
  delivery(entry: DeliveryEntry, payload: Uint8Array): void
  request(entry: RequestEntry): void
  /** Called after each result of a call, also of one that no longer waits. */
  result(weight: number): void
  /** Called once when the connection is lost, not after `close`. All pending requests have failed by then. */
  lost(error: ConnectionError): void
}

const INTERNAL_ERROR = -32_603

/** Connects to the memory broker: numbers requests and matches their answers. */
export class Connection {
  readonly #port: MessagePort
  readonly #handlers: ConnectionHandlers
  readonly #writer: FrameWriter<ToBroker>
  readonly #waiting = new SequenceTable<PendingRequest>()
  #ids = 0
  #closed: ConnectionError | undefined

  constructor(port: MessagePort, handlers: ConnectionHandlers) {
    this.#port = port
    this.#handlers = handlers
    this.#writer = new FrameWriter(port, (entry, error) => this.#unsendable(entry, error))
    port.on('message', (frame: Frame<ToClient>) => {
      eachEntry(frame, (entry, payload) => {
        if (!this.#closed) this.#receive(entry, payload)
      })
    })
    port.on('messageerror', () => this.#lose('the memory broker sent a message that cannot be deserialized'))
    port.on('close', () => this.#lose('the memory broker closed the connection'))
  }

  /** Why the connection is closed; `undefined` while it is open. */
  get closed(): ConnectionError | undefined {
    return this.#closed
  }

  /** Returns a new number for a subscription, consumer or service. */
  number(): number {
    return ++this.#ids
  }

  /** Sends an entry without an answer. Dropped after `close`. */
  send(entry: ToBroker): void {
    this.#writer.push(entry)
  }

  /** Sends a request; it fails at once after `close`. */
  ask(make: (id: number) => ToBroker, payload: Uint8Array | undefined, waiting: PendingRequest): void {
    if (this.#closed) {
      waiting.failed(unsent(this.#closed))
      return
    }
    const id = ++this.#ids
    this.#waiting.set(id, waiting)
    this.#writer.push(make(id), payload)
  }

  /**
   * Like `ask`, but returns a promise.
   * @throws ConnectionError if the connection is or gets closed; the broker's refusal
   */
  request<T>(
    make: (id: number) => ToBroker,
    payload: Uint8Array | undefined,
    operation: string,
    refusal: PendingRequest['refusal'],
    answered?: PendingRequest['answered'],
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const succeeded = resolve as (value: unknown) => void
      this.ask(make, payload, {
        operation,
        succeeded,
        failed: reject,
        refusal,
        ...(answered && { answered }),
      })
    })
  }

  /** Closes the connection. What was sent before still arrives; pending requests fail. Idempotent. */
  close(): void {
    this.#end(new ConnectionError('the connection to the memory broker was closed'))
  }

  #lose(reason: string): void {
    if (this.#closed) return
    const error = new ConnectionError(reason)
    this.#end(error)
    this.#handlers.lost(error)
  }

  #end(error: ConnectionError): void {
    if (this.#closed) return
    this.#writer.close()
    this.#closed = error
    this.#port.close()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { failed } of waiting) failed(cutOff(error))
  }

  #receive(entry: ToClient, payload: Uint8Array): void {
    switch (entry.op) {
      case 'done':
        for (const id of entry.ids) this.#waiting.take(id)?.succeeded(undefined)
        return
      case 'held':
        this.#waiting.get(entry.id)?.held?.()
        return
      case 'enqueued':
        this.#waiting.take(entry.id)?.succeeded(entry.message)
        return
      case 'result': {
        const waiting = this.#waiting.take(entry.id)
        waiting?.answered?.(entry.weight)
        waiting?.succeeded(entry.value)
        this.#handlers.result(entry.weight)
        return
      }
      case 'failed': {
        const waiting = this.#waiting.take(entry.id)
        waiting?.failed(faultError(entry.fault, waiting))
        return
      }
      case 'message':
        this.#handlers.message(entry, payload)
        return
      case 'delivery':
        this.#handlers.delivery(entry, payload)
        return
      case 'request':
        this.#handlers.request(entry)
        return
    }
  }

  #unsendable(entry: ToBroker, error: Error): void {
    const reason = `a value that cannot cross between threads: ${error.message}`
    if (entry.op === 'answer') this.send(unsendableAnswer(entry, reason))
    else if ('id' in entry)
      this.#waiting
        .take(entry.id)
        ?.failed(new SerializeError(reason, { cause: error, notExecuted: true, fault: 'local' }))
  }
}

function faultError(fault: LineFault, waiting: PendingRequest): Error {
  switch (fault.kind) {
    case 'rpc': {
      const { code, message, data, retryable } = fault
      const notExecuted = fault.notExecuted === true && { notExecuted: true }
      return new RpcError(code, message, data, {
        ...(retryable !== undefined && { retryable }),
        ...notExecuted,
      })
    }
    case 'connection':
      return new ConnectionError(fault.reason, { retryable: true })
    case 'timeout':
      return new TimeoutError(waiting.operation)
    case 'refused':
      return waiting.refusal(fault.reason, { retryable: fault.retryable === true, notExecuted: true })
  }
}

const unsendableAnswer = ({ request }: AnswerEntry, reason: string): AnswerEntry => ({
  op: 'answer',
  request,
  fault: { kind: 'rpc', code: INTERNAL_ERROR, message: `the answer contains ${reason}` },
})
