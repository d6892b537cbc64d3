import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../core/clock.js'
import {
  ActorCrashedError,
  ConnectionError,
  IntegrationError,
  ShutdownError,
  TimeoutError,
} from '../core/errors.js'
import { type Controllable, connectControl } from '../mailbox/control.js'
import { decodeError, type ErrorRecord } from '../mailbox/error-codec.js'
import { Gauges } from '../mailbox/gauges.js'
import type { FromThread, StartActor, StartBroker } from '../mailbox/thread-messages.js'
import type { ActorThreadHandle, ThreadExit } from './spawner.js'
import type { Watchdog } from './watchdog.js'
import type { Zombies } from './zombies.js'

/** How long a thread may take to load its code and acknowledge its start. */
const START_TIMEOUT_MS = 30_000

/** What one life needs of its surroundings. */
export interface LifeDependencies {
  readonly clock: Clock
  readonly watchdog: Watchdog
  readonly zombies: Zombies
}

export interface LifeLimits {
  readonly heartbeatMs: number
  /** Bytes at which it is replaced; Infinity for no mark. */
  readonly memory: number
}

/** What a life tells whoever began it. */
export interface LifeEvents {
  said(message: Exclude<FromThread, { kind: 'loaded' | 'ready' | 'start-failed' }>): void
  /** It has died without being asked to; said once. */
  died(reason: string): void
}

type State = 'starting' | 'running' | 'stopping' | 'over'

/**
 * One life of an actor or broker: a thread from its start to its end, with its own gauges and control line.
 * Whatever ends it, `died` is said at once, and never again: what the thread still does reaches nobody.
 */
export class Life<Control extends object> {
  readonly gauges = new Gauges()
  readonly control: Controllable<Control>
  readonly threadId: number
  readonly #id: string
  readonly #thread: ActorThreadHandle
  readonly #dependencies: LifeDependencies
  readonly #limits: LifeLimits
  readonly #events: LifeEvents
  readonly #controlPort: MessagePort
  readonly #remotePort: MessagePort
  #state: State = 'starting'
  #endWatch: (() => void) | undefined
  #gone: (reason: Error) => void = () => {}

  constructor(
    id: string,
    thread: ActorThreadHandle,
    dependencies: LifeDependencies,
    limits: LifeLimits,
    events: LifeEvents,
  ) {
    this.#id = id
    this.#thread = thread
    this.#dependencies = dependencies
    this.#limits = limits
    this.#events = events
    this.threadId = thread.threadId
    const { port1, port2 } = new MessageChannel() as unknown as { port1: MessagePort; port2: MessagePort }
    this.#controlPort = port1
    this.#remotePort = port2
    const gone = new Promise<never>((_, reject) => {
      this.#gone = reject
    })
    this.control = connectControl<Control>(port1, gone)
    // A successor need not wait until this one has been cleared away.
    thread.onError((error) => {
      if (this.#state === 'running') this.#die(describeExit({ code: 1, error }))
    })
    thread.onExit((exit) => this.#die(describeExit(exit)))
  }

  get isRunning(): boolean {
    return this.#state === 'running'
  }

  /**
   * Starts the thread and waits for its acknowledgement.
   * @param message what it is told; given the control port and the gauges of this life.
   * @throws what its start failed with; the life is over then, and `died` is not said.
   */
  async start(
    message: (control: MessagePort, gauges: SharedArrayBuffer) => StartActor | StartBroker,
    transfer: readonly MessagePort[],
  ): Promise<void> {
    try {
      await this.#acknowledged(message(this.#remotePort, this.gauges.shared), transfer)
    } catch (error) {
      this.#end(error as Error)
      throw error
    }
    this.#state = 'running'
    this.#endWatch = this.#dependencies.watchdog.watch({
      gauges: this.gauges,
      heartbeatMs: this.#limits.heartbeatMs,
      memory: this.#limits.memory,
      onFault: (reason) => this.#die(reason),
    })
  }

  /** Hands an embedded broker one end of a line; closes it when this is over. */
  attach(port: MessagePort): void {
    if (this.#state === 'over') port.close()
    else this.#thread.attach(port)
  }

  /**
   * The shutdown ladder: asks, waits up to `graceMs`, ends it. Resolves when it is over; never rejects.
   * @param ask how it is asked.
   * @param reason what those are told who wait for an answer of its control port.
   */
  async stop(
    graceMs: number,
    ask: (control: Controllable<Control>) => Promise<void>,
    reason: IntegrationError = new ShutdownError({ integration: this.#id }),
  ): Promise<void> {
    if (this.#state !== 'running') return this.#end(reason)
    this.#state = 'stopping'
    if (graceMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#dependencies.clock.setTimer(graceMs, resolve)
        ask(this.control)
          .catch(() => {})
          .then(() => {
            timer.cancel()
            resolve()
          })
      })
    }
    this.#end(reason)
  }

  /** Ends it at once, without a word to anybody. */
  kill(): void {
    this.#end(
      new ActorCrashedError('its supervisor gave up', true, { integration: this.#id, retryable: false }),
    )
  }

  #acknowledged(message: StartActor | StartBroker, transfer: readonly MessagePort[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#dependencies.clock.setTimer(START_TIMEOUT_MS, () =>
        reject(new TimeoutError(`start of ${this.#id}`, { integration: this.#id })),
      )
      const settle = (outcome: () => void) => {
        timer.cancel()
        outcome()
      }
      this.#thread.onExit((exit) =>
        settle(() => reject(new ActorCrashedError(describeExit(exit), false, { integration: this.#id }))),
      )
      this.#thread.onMessage((said) => {
        if (said.kind === 'ready') settle(resolve)
        else if (said.kind === 'start-failed') settle(() => reject(startFailure(said.error, this.#id)))
        else if (said.kind !== 'loaded' && this.#state !== 'over') this.#events.said(said)
        else if (said.kind === 'loaded') return
        else if ('port' in said) (said as { port: MessagePort }).port.close()
      })
      this.#thread.start(message, [...transfer, this.#remotePort])
    })
  }

  #die(reason: string): void {
    const wasAlive = this.#state === 'running'
    this.#end(new ActorCrashedError(reason, true, { integration: this.#id }))
    if (wasAlive) this.#events.died(reason)
  }

  #end(reason: Error): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#endWatch?.()
    this.#gone(reason)
    this.#controlPort.close()
    this.#dependencies.zombies.bury(this.#id, this.#thread)
  }
}

function describeExit({ code, error }: ThreadExit): string {
  if (error === undefined) return `it exited with code ${code}`
  if ((error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY') return 'it ran out of memory'
  return `${error.name}: ${error.message}`
}

/** What a start failed with. An adapter of the application throws anything: it will do so again. */
function startFailure(record: ErrorRecord, integration: string): IntegrationError {
  const error = decodeError(record, integration)
  // An error that only has the name of one of ours lacks its fields.
  if (error instanceof IntegrationError && typeof error.kind === 'string') return error
  const what = record.name === 'Error' ? record.message : `${record.name}: ${record.message}`
  return new ConnectionError(`"${integration}" failed to start: ${what}`, {
    integration,
    retryable: false,
    notExecuted: true,
    cause: error,
  })
}
