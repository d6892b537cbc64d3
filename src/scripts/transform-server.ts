import type { MessagePort } from 'node:worker_threads'
import { sharedController } from '../core/abort.js'
import { backgroundSleep, type Clock } from '../core/clock.js'
import { Deque } from '../core/deque.js'
import { IntegrationError } from '../core/errors/integration-error.js'
import { ActorCrashedError } from '../core/errors/lifecycle.js'
import type { ScriptFunction } from '../core/settings/script.js'
import { encodeError } from '../mailbox/error-codec.js'
import type { Outcome } from '../mailbox/script-protocol.js'
import type { TransformCall, TransformCalls, TransformOutcomes } from '../mailbox/transform-calls.js'
import type { CallerContext } from './script.js'

/** How often a message may end the thread that transforms it. */
const MOST_DEATHS = 3
/** The delay before a call that the script had no room for is tried again. */
const TRY_AGAIN_MS = 50

/** What the server needs of the scripts. */
export interface TransformScripts {
  call(handler: ScriptFunction, value: unknown, context: CallerContext): Promise<unknown>
  /** How many calls of a script run at the same time. */
  parallel(script: string): number
}

/** A call with the actor that waits for it. */
interface Job extends TransformCall {
  readonly actor: ServedActor
  deaths: number
}

/** The calls of transforms to one script, from all actors. */
interface Lane {
  readonly waiting: Deque<Job>
  running: number
}

/**
 * Calls functions of scripts for the transforms of actors. At most as many calls run as the script has threads for: the
 * time of a call must not pass while others run.
 */
export class TransformServer {
  readonly #scripts: TransformScripts
  readonly #clock: Clock
  readonly #lanes = new Map<string, Lane>()

  constructor(scripts: TransformScripts, clock: Clock) {
    this.#scripts = scripts
    this.#clock = clock
  }

  /** Serves an actor until its port closes. */
  serve(port: MessagePort, integration: string): void {
    const actor = new ServedActor(port, integration, this.#clock)
    port.on('message', (calls: TransformCalls) => {
      for (const call of calls) this.#lane(call.handler.script).waiting.push({ ...call, actor, deaths: 0 })
      for (const script of new Set(calls.map(({ handler }) => handler.script))) this.#run(script)
    })
    // A port that listens would keep the process alive after a shutdown.
    port.unref()
  }

  #lane(script: string): Lane {
    const found = this.#lanes.get(script) ?? { waiting: new Deque(), running: 0 }
    this.#lanes.set(script, found)
    return found
  }

  #run(script: string): void {
    const lane = this.#lane(script)
    const most = this.#scripts.parallel(script)
    while (lane.running < most) {
      const job = lane.waiting.shift()
      if (job === undefined) return
      if (job.actor.isGone) continue
      lane.running++
      void this.#call(job).then((isDone) => {
        lane.running--
        if (!isDone) lane.waiting.unshift(job)
        this.#run(script)
      })
    }
  }

  /** @returns whether the job has its outcome; otherwise it is to be tried again */
  async #call(job: Job): Promise<boolean> {
    const { handler, value, actor, id } = job
    const { integration: method, signal } = actor
    try {
      const result = await this.#scripts.call(handler, value, { method, headers: {}, signal })
      actor.answer(id, { ok: true, value: result })
    } catch (error) {
      if (isPassing(error)) {
        await backgroundSleep(this.#clock, TRY_AGAIN_MS)
        return false
      }
      if (error instanceof ActorCrashedError && ++job.deaths < MOST_DEATHS) return false
      actor.answer(id, { ok: false, error: encodeError(error) })
    }
    return true
  }
}

/** Whether the function was not called, because others had taken its threads. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof IntegrationError &&
    error.notExecuted === true &&
    (error.kind === 'mailbox-full' || error.kind === 'timeout')
  )
}

/** The host's end of a channel to an actor. Outcomes leave at the end of the turn, in a batch. */
class ServedActor {
  readonly integration: string
  readonly #port: MessagePort
  readonly #clock: Clock
  readonly #gone = sharedController()
  #outcomes: { readonly id: number; readonly outcome: Outcome }[] = []

  constructor(port: MessagePort, integration: string, clock: Clock) {
    this.integration = integration
    this.#port = port
    this.#clock = clock
    port.once('close', () => this.#gone.abort())
  }

  /** Aborts when the actor has ended. */
  get signal(): AbortSignal {
    return this.#gone.signal
  }

  get isGone(): boolean {
    return this.signal.aborted
  }

  answer(id: number, outcome: Outcome): void {
    if (this.isGone) return
    if (this.#outcomes.push({ id, outcome }) > 1) return
    this.#clock.nextTurn(() => {
      const outcomes: TransformOutcomes = this.#outcomes
      this.#outcomes = []
      if (!this.isGone) this.#port.postMessage(outcomes)
    })
  }
}
