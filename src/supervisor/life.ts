import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../core/clock.js'
import { ConnectionError } from '../core/errors/connection.js'
import { IntegrationError } from '../core/errors/integration-error.js'
import { ActorCrashedError, ShutdownError } from '../core/errors/lifecycle.js'
import { TimeoutError } from '../core/errors/operation.js'
import type { LogRecord } from '../core/telemetry.js'
import { type Controllable, connectControl } from '../mailbox/control.js'
import { decodeError, type ErrorRecord } from '../mailbox/error-codec.js'
import { Gauges } from '../mailbox/gauges.js'
import type { JoinLink, PartLink } from '../mailbox/route-link.js'
import type { FromThread, Peer, StartActor, StartBroker } from '../mailbox/thread-messages.js'
import type { ActorThreadHandle, ThreadExit } from './spawner.js'
import type { Watchdog } from './watchdog.js'
import type { Zombies } from './zombies.js'

/** How long a thread may take to load its code and acknowledge its start. */
const START_TIMEOUT_MS = 30_000
/**
 * How long a thread may take to leave before it is interrupted. It is long, because an interruption while HTTP/2 frames
 * are read can abort the process. A thread that has missed its heartbeat gets no time.
 */
const LEAVE_MS = 200

export interface LifeDependencies {
  readonly clock: Clock
  readonly watchdog: Watchdog
  readonly zombies: Zombies
  /** Logs a record of the thread. */
  log(record: LogRecord): void
}

export interface LifeLimits {
  readonly heartbeatMs: number
  /** Bytes at which it is replaced; Infinity for no limit. */
  readonly memory: number
}

/** The callbacks of a life. */
export interface LifeEvents {
  /** The thread asks to give one end of a channel to a peer. */
  dial(peer: Peer, port: MessagePort): void
  /** Called once if it ends without having been stopped. */
  died(reason: string): void
}

type State =
  | { readonly kind: 'starting' | 'running' | 'stopping' }
  | { readonly kind: 'over'; readonly reason: Error }

/**
 * One life of an actor or broker: a thread from its start to its end, with its gauges and control port. When it ends,
 * its ports are closed, so that nothing that the thread still does reaches the host.
 */
export class Life<Control extends object> {
  readonly gauges = new Gauges()
  readonly control: Controllable<Control>
  readonly threadId: number
  /** Resolves when it is over, whatever ended it. */
  readonly ended: Promise<void>
  readonly #id: string
  readonly #thread: ActorThreadHandle
  readonly #dependencies: LifeDependencies
  readonly #limits: LifeLimits
  readonly #events: LifeEvents
  readonly #controlPort: MessagePort
  readonly #remotePort: MessagePort
  #state: State = { kind: 'starting' }
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
    this.ended = gone.catch(() => {})
    this.control = connectControl<Control>(port1, gone)
    // Report the death on the error, before the thread has ended, so that the next life can start earlier.
    thread.onError((error) => {
      if (this.#state.kind === 'running') this.#die(describeExit({ code: 1, error }))
    })
    thread.onExit((exit) => this.#die(describeExit(exit)))
  }

  get isRunning(): boolean {
    return this.#state.kind === 'running'
  }

  /**
   * Starts the thread and waits for its acknowledgement.
   * @param message makes the start message from the control port and the gauges of this life
   * @throws what the start failed with; then the life is over, and `died` is not called
   */
  async start(
    message: (control: MessagePort, gauges: SharedArrayBuffer) => StartActor | StartBroker,
    transfer: readonly MessagePort[],
  ): Promise<void> {
    try {
      await Promise.race([
        this.#acknowledged(message(this.#remotePort, this.gauges.shared), transfer),
        this.#faultWhileStarting(),
      ])
    } catch (error) {
      this.#end(error as Error, LEAVE_MS)
      throw error
    }
    // Node delivers the last messages of a thread together with its exit, so the acknowledgement may come too late.
    const state = this.#state as State
    if (state.kind === 'over') throw state.reason
    this.#state = { kind: 'running' }
  }

  /** Gives an embedded broker one end of a channel; closes it if this life is over. */
  attach(port: MessagePort): void {
    if (this.#state.kind === 'over') port.close()
    else this.#thread.attach(port)
  }

  /** Gives an actor one end of a link; closes it if this life is over. */
  join(link: JoinLink): void {
    if (this.#state.kind === 'over') link.end.port.close()
    else this.#thread.join(link)
  }

  /** Tells an actor that the sink of a link has died. */
  part(link: PartLink): void {
    if (this.#state.kind !== 'over') this.#thread.part(link)
  }

  /**
   * Stops the life: asks the thread to stop, waits up to `graceMs`, then ends it. Resolves when it has ended; never
   * rejects.
   * @param ask calls the control interface to stop
   * @param reason the error for pending calls of the control interface
   */
  async stop(
    graceMs: number,
    ask: (control: Controllable<Control>) => Promise<unknown>,
    reason: IntegrationError = new ShutdownError({ integration: this.#id }),
  ): Promise<void> {
    if (this.#state.kind !== 'running') return this.#end(reason, LEAVE_MS)
    this.#state = { kind: 'stopping' }
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
    await this.#end(reason, LEAVE_MS)
  }

  /** Ends it at once, without calling `died`. */
  kill(): void {
    this.#end(
      new ActorCrashedError('its supervisor gave up', true, { integration: this.#id, retryable: false }),
      LEAVE_MS,
    )
  }

  /** Watches the life from its first heartbeat. Rejects, after ending the life, on a fault before it is running. */
  #faultWhileStarting(): Promise<never> {
    return new Promise((_, reject) => {
      this.#endWatch = this.#dependencies.watchdog.watch({
        gauges: this.gauges,
        heartbeatMs: this.#limits.heartbeatMs,
        memory: this.#limits.memory,
        onFault: (reason, isSilent) => {
          const isStarting = this.#state.kind === 'starting'
          this.#die(reason, isSilent ? 0 : LEAVE_MS)
          if (isStarting) reject(new ActorCrashedError(reason, false, { integration: this.#id }))
        },
      })
    })
  }

  #acknowledged(start: StartActor | StartBroker, transfer: readonly MessagePort[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#dependencies.clock.setTimer(START_TIMEOUT_MS, () =>
        reject(
          new TimeoutError(`start of ${this.#id}`, { integration: this.#id, afterMs: START_TIMEOUT_MS }),
        ),
      )
      const settle = (outcome: () => void) => {
        timer.cancel()
        outcome()
      }
      this.#thread.onExit((exit) =>
        settle(() => reject(new ActorCrashedError(describeExit(exit), false, { integration: this.#id }))),
      )
      this.#thread.onMessage((message) => {
        if (message.kind === 'ready') settle(resolve)
        else if (message.kind === 'start-failed') settle(() => reject(startFailure(message.error, this.#id)))
        else this.#received(message)
      })
      this.#thread.start(start, [...transfer, this.#remotePort])
    })
  }

  #received(message: FromThread): void {
    const isOver = this.#state.kind === 'over'
    if (message.kind === 'dial') {
      if (isOver) message.port.close()
      else this.#events.dial(message.peer, message.port)
    } else if (message.kind === 'log' && !isOver) {
      const { fields, level, message: text } = message
      this.#dependencies.log({ ...fields, level, message: text, integration: this.#id })
    }
  }

  #die(reason: string, leaveMs = LEAVE_MS): void {
    const wasAlive = this.#state.kind === 'running'
    this.#end(new ActorCrashedError(reason, true, { integration: this.#id }), leaveMs)
    if (wasAlive) this.#events.died(reason)
  }

  /** @returns a promise that resolves when the thread is terminated or stuck; never rejects */
  async #end(reason: Error, leaveMs: number): Promise<void> {
    if (this.#state.kind === 'over') return
    this.#state = { kind: 'over', reason }
    this.#endWatch?.()
    this.#gone(reason)
    this.#controlPort.close()
    await this.#dependencies.zombies.end(this.#id, this.#thread, leaveMs)
  }
}

function describeExit({ code, error }: ThreadExit): string {
  if (error === undefined) return `it exited with code ${code}`
  if ((error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY') return 'it ran out of memory'
  return `${error.name}: ${error.message}`
}

/**
 * Converts the error of a failed start. Any error of a custom adapter becomes a ConnectionError that is not retried.
 */
function startFailure(record: ErrorRecord, integration: string): IntegrationError {
  const error = decodeError(record, integration)
  // A foreign error may have the name of one of our classes but lacks its fields.
  if (error instanceof IntegrationError && typeof error.kind === 'string') return error
  const what = record.name === 'Error' ? record.message : `${record.name}: ${record.message}`
  return new ConnectionError(`"${integration}" failed to start: ${what}`, {
    integration,
    retryable: false,
    notExecuted: true,
    cause: error,
  })
}
