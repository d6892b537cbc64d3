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
import { ConnectionError, RpcError, SerializeError, TimeoutError } from '../../core/errors.js'
import { SequenceTable } from '../../core/sequence-table.js'

/** Who waits for the answer to a request. Exactly one of `granted` and `failed` is called, once. */
export interface Waiting {
  /** What is being done, for a time-out: `call users.list`. */
  readonly operation: string
  granted(value: unknown): void
  failed(error: Error): void
  /** Makes the error of this operation for what the broker will not do. */
  refusal(reason: string, context: RefusalContext): Error
  /** The broker has it and acknowledges it later, when there is room. */
  held?(): void
}

/** What every refusal has in common: the broker has done nothing. */
export interface RefusalContext {
  readonly retryable: boolean
  readonly notExecuted: true
}

/** Where the link hands what the broker sends unasked. */
export interface LinkHandlers {
  message(entry: MessageEntry, payload: Uint8Array): void
  delivery(entry: DeliveryEntry, payload: Uint8Array): void
  request(entry: RequestEntry): void
  /** Once, unless the link was closed from this side. Everything that waited has failed by then. */
  lost(error: ConnectionError): void
}

const INTERNAL_ERROR = -32_603

/** The client's end of a line to the memory broker: numbers requests and matches their answers. */
export class Link {
  readonly #port: MessagePort
  readonly #handlers: LinkHandlers
  readonly #writer: FrameWriter<ToBroker>
  readonly #waiting = new SequenceTable<Waiting>()
  #ids = 0
  #closed: ConnectionError | undefined

  constructor(port: MessagePort, handlers: LinkHandlers) {
    this.#port = port
    this.#handlers = handlers
    this.#writer = new FrameWriter(port, (entry, error) => this.#unsendable(entry, error))
    port.on('message', (frame: Frame<ToClient>) => {
      eachEntry(frame, (entry, payload) => {
        if (!this.#closed) this.#receive(entry, payload)
      })
    })
    port.on('messageerror', () => this.#lose('the memory broker sent what cannot be read'))
    port.on('close', () => this.#lose('the memory broker closed the line'))
  }

  /** Why it is closed; undefined while it is open. */
  get closed(): ConnectionError | undefined {
    return this.#closed
  }

  /** A new number for a subscription, consumer or service. */
  number(): number {
    return ++this.#ids
  }

  /** Sends what takes no answer; dropped when closed. */
  send(entry: ToBroker): void {
    this.#writer.push(entry)
  }

  /** Sends a request; fails at once when closed. */
  ask(make: (id: number) => ToBroker, payload: Uint8Array | undefined, waiting: Waiting): void {
    if (this.#closed) {
      waiting.failed(new ConnectionError(this.#closed.reason, { notExecuted: true }))
      return
    }
    const id = ++this.#ids
    this.#waiting.set(id, waiting)
    this.#writer.push(make(id), payload)
  }

  /** `ask` as a promise. @throws ConnectionError when the link is or gets closed; the refusal of the broker. */
  request<T>(
    make: (id: number) => ToBroker,
    payload: Uint8Array | undefined,
    operation: string,
    refusal: Waiting['refusal'],
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const granted = resolve as (value: unknown) => void
      this.ask(make, payload, { operation, granted, failed: reject, refusal })
    })
  }

  /** Closes it from this side: what was sent before still arrives, what waits fails. Idempotent. */
  close(): void {
    this.#end(new ConnectionError('the line to the memory broker was closed'))
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
    for (const { failed } of waiting) failed(error)
  }

  #receive(entry: ToClient, payload: Uint8Array): void {
    switch (entry.op) {
      case 'done':
        for (const id of entry.ids) this.#waiting.take(id)?.granted(undefined)
        return
      case 'held':
        this.#waiting.get(entry.id)?.held?.()
        return
      case 'enqueued':
        this.#waiting.take(entry.id)?.granted(entry.message)
        return
      case 'result':
        this.#waiting.take(entry.id)?.granted(entry.value)
        return
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

function faultError(fault: LineFault, waiting: Waiting): Error {
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
  fault: { kind: 'rpc', code: INTERNAL_ERROR, message: `the answer holds ${reason}` },
})
