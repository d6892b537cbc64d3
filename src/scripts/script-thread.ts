import type { MessagePort } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { sharedController } from '../core/abort.js'
import { decodeError, encodeError, messageOf } from '../mailbox/error-codec.js'
import { postPrepared } from '../mailbox/post-prepared.js'
import {
  type FromScript,
  type Outcome,
  ScriptGauges,
  type ScriptLease,
  type ToScript,
} from '../mailbox/script-protocol.js'
import { Operations, type PerformOperation } from './operations.js'
import type { ScriptCall } from './script-call.js'

/** What a thread runs. */
export interface ThreadScript {
  readonly url: string
  readonly memory: number
  readonly maxResult: number
  readonly files?: Readonly<Record<string, string>>
}

/** What a thread reports. */
export interface ThreadEvents {
  /** The handler of a call has ended. */
  settled(thread: ScriptThread, call: ScriptCall, outcome: Outcome): void
  /** The thread was ended, and exits unless it is in a native call. */
  ended(thread: ScriptThread): void
  /** The thread has died. Called once, and not for a thread that was ended. */
  died(thread: ScriptThread, reason: string): void
}

/**
 * One thread of a script, which it serves until its end. It is one task of the pool: to abort a task ends its thread.
 */
export class ScriptThread {
  /** Resolves when the script is loaded. @throws what the script throws, and Error if the thread dies */
  readonly loaded: Promise<readonly string[]>
  /** Resolves when the thread has exited; may not for one that has never run. */
  readonly exited: Promise<void>
  readonly gauges = new ScriptGauges()
  /** The calls whose handlers have not ended, in order, with their numbers: the thread enters 1 first. */
  readonly calls = new Map<ScriptCall, number>()
  /** Whether it takes calls. */
  isReady = false
  /** Whether it has loaded the script. */
  isLoaded = false
  /** The heartbeat and the memory of the process when the thread was last seen alive, and the looks since then. */
  seen = { beat: 0, rss: process.memoryUsage.rss(), looks: 0 }
  readonly #port: MessagePort
  readonly #end = sharedController()
  readonly #operations: Operations
  readonly #events: ThreadEvents
  readonly #byId = new Map<number, ScriptCall>()
  #posted = 0
  #isOver = false
  /** Why the thread ends, if that is known before it has ended. */
  #reason: string | undefined

  constructor(pool: Piscina, script: ThreadScript, perform: PerformOperation, events: ThreadEvents) {
    const { port1, port2 } = new MessageChannel() as unknown as { port1: MessagePort; port2: MessagePort }
    this.#port = port1
    this.#events = events
    this.#operations = new Operations(perform, (message) => this.#post(message))
    const { port1: life, port2: there } = new MessageChannel() as unknown as {
      port1: MessagePort
      port2: MessagePort
    }
    this.exited = new Promise((resolve) => void life.once('close', resolve))
    life.unref()
    const lease: ScriptLease = { ...script, port: port2, life: there, gauges: this.gauges.shared }
    // What the thread has posted before its end arrives before the port closes.
    const closed = new Promise<void>((resolve) => void port1.once('close', resolve))
    this.loaded = new Promise((resolve, reject) => {
      port1.on('message', (message: FromScript) => {
        if (message.kind === 'loaded') {
          this.isLoaded = true
          resolve(message.functions)
        } else if (message.kind === 'refused') reject(decodeError(message.error))
        else this.#receive(message)
      })
      pool
        .run(lease, { transferList: [port2, there], signal: this.#end.signal })
        .catch(async (error: unknown) => {
          if (!this.#isOver) await closed
          const reason = this.#reason ?? reasonOf(error)
          reject(new Error(reason))
          if (this.#isOver) return
          this.#isOver = true
          this.#operations.end()
          events.died(this, reason)
        })
    })
    this.loaded.catch(() => {})
  }

  get hasRun(): boolean {
    return this.gauges.heartbeat > 0
  }

  /** Whether `lentTo` is above 0 for some call. */
  get isLending(): boolean {
    return this.#operations.hasActions
  }

  /**
   * How many calls it may run at the same time beside its own: calls that its own wait for. Otherwise a function that
   * runs an action of its script would wait for itself.
   */
  lentTo({ context }: ScriptCall): number {
    return this.#operations.actionsBefore(context.hops?.length ?? 0)
  }

  /** How many calls have callers that wait for them. */
  get unanswered(): number {
    let count = 0
    for (const call of this.calls.keys()) if (!call.isAnswered) count++
    return count
  }

  /** Hands a call over. @throws SerializeError if its parameters cannot be cloned */
  post(call: ScriptCall): void {
    const { id, function: name, params: given, context } = call
    postPrepared(given, (params) => this.#post({ kind: 'call', id, function: name, params, context }))
    this.#byId.set(id, call)
    this.calls.set(call, ++this.#posted)
  }

  /** Whether it has entered a call whose handler has not ended. */
  get isInCall(): boolean {
    const { begun } = this.gauges
    return [...this.calls.values()].some((number) => number <= begun)
  }

  /** Aborts the signal of a call. A thread whose event loop turns shows a heartbeat then. */
  cancel(call: ScriptCall, error: Error): void {
    this.#post({ kind: 'cancel', id: call.id, error: encodeError(error) })
  }

  /** Ends the thread at once, also in the middle of a loop. Idempotent. @param reason why `loaded` rejects */
  end(reason?: string): void {
    if (!this.#end.signal.aborted && this.hasRun) this.#events.ended(this)
    this.#reason ??= reason
    this.#isOver = true
    this.#operations.end()
    this.#end.abort()
    this.#port.close()
  }

  #post(message: ToScript): void {
    if (!this.#isOver) this.#port.postMessage(message)
  }

  #receive(message: FromScript): void {
    if (this.#isOver) return
    switch (message.kind) {
      case 'settled': {
        const call = this.#byId.get(message.id)
        if (call === undefined) return
        this.#byId.delete(message.id)
        this.calls.delete(call)
        return this.#events.settled(this, call, message.outcome)
      }
      case 'ask':
        void this.#operations.ask(message)
        return
      case 'abandon':
        return this.#operations.abandon(message.id)
      case 'dying':
        this.#reason ??= message.reason
    }
  }
}

/** Why a thread has ended, in words. */
function reasonOf(error: unknown): string {
  const message = messageOf(error)
  const [, code] = /^worker exited with code: (\d+)$/.exec(message) ?? []
  return code === undefined ? message : `the thread ended with code ${code}`
}
