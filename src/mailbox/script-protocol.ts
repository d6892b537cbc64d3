import type { MessagePort } from 'node:worker_threads'
import type { Identity } from '../core/identity.js'
import type { Headers } from '../core/value.js'
import type { ErrorRecord } from './error-codec.js'

/** What a thread of a script needs to serve it. The thread serves one script until it ends. */
export interface ScriptLease {
  /** The module. */
  readonly url: string
  readonly port: MessagePort
  /** Closes when the thread has exited. Carries nothing. */
  readonly life: MessagePort
  readonly gauges: SharedArrayBuffer
  /** Bytes at which the thread is replaced. */
  readonly memory: number
  /** Bytes of a value that may leave the thread. */
  readonly maxResult: number
  /** The files as they were when the script was last loaded, by URL; set if they differ now. */
  readonly files?: Readonly<Record<string, string>>
}

/** The part of the context that crosses to the thread. */
export interface CallContext {
  readonly method: string
  readonly headers: Headers
  readonly identity?: Identity
  /** Milliseconds since the epoch. */
  readonly deadline: number
  /** The actions that the call follows from, oldest first. Not shown to the handler. */
  readonly hops?: readonly string[]
}

/** The operations of `context.gateway`. */
export type ScriptOperation = 'call' | 'publish' | 'send' | 'data' | 'action'

export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ErrorRecord }

/** Messages of the host. */
export type ToScript =
  | {
      readonly kind: 'call'
      readonly id: number
      readonly function: string
      readonly params: unknown
      readonly context: CallContext
    }
  | { readonly kind: 'cancel'; readonly id: number; readonly error: ErrorRecord }
  | { readonly kind: 'answer'; readonly id: number; readonly outcome: Outcome }

/** Messages of the thread. */
export type FromScript =
  | { readonly kind: 'loaded'; readonly functions: readonly string[] }
  | { readonly kind: 'refused'; readonly error: ErrorRecord }
  | { readonly kind: 'settled'; readonly id: number; readonly outcome: Outcome }
  | {
      readonly kind: 'ask'
      readonly id: number
      readonly operation: ScriptOperation
      readonly args: readonly unknown[]
      /** The actions that the operation follows from. */
      readonly hops?: readonly string[]
    }
  | { readonly kind: 'abandon'; readonly id: number }
  /** The thread is about to die of an error, which loses its message on the way through Node. */
  | { readonly kind: 'dying'; readonly reason: string }

/** Shared memory of a thread and the host: what the host must know about a thread that cannot answer. */
export class ScriptGauges {
  readonly shared: SharedArrayBuffer
  readonly #flags: Int32Array
  readonly #memory: Float64Array

  constructor(shared = new SharedArrayBuffer(16)) {
    this.shared = shared
    this.#memory = new Float64Array(shared, 0, 1)
    this.#flags = new Int32Array(shared, 8, 2)
  }

  /** Counts a sign of life and sets the memory in use. */
  beat(bytes: number): void {
    this.#memory[0] = bytes
    Atomics.add(this.#flags, 0, 1)
  }

  /** Changes as long as the event loop of the thread turns. */
  get heartbeat(): number {
    return Atomics.load(this.#flags, 0)
  }

  /** Bytes of heap and array buffers at the last sign of life. */
  get bytes(): number {
    return this.#memory[0]!
  }

  /** Notes that the thread enters the next call. */
  begin(): void {
    Atomics.add(this.#flags, 1, 1)
  }

  /** How many calls the thread has entered. */
  get begun(): number {
    return Atomics.load(this.#flags, 1)
  }
}
