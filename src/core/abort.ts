import { setMaxListeners } from 'node:events'

/**
 * Makes a controller whose signal accepts any number of listeners. Without this, Node warns of a leak at the eleventh
 * (`MaxListenersExceededWarning`).
 */
export function sharedController(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}

/**
 * A signal whose controller is made on first use: few attempts need it, and a controller costs more than the rest of an
 * operation. A signal read after the abort is already aborted.
 */
export class LazySignal {
  #controller: AbortController | undefined
  #reason: Error | undefined

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = sharedController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
  }
}

/** Makes a signal that aborts with the first of several. It accepts any number of listeners. */
export function sharedSignal(signals: readonly AbortSignal[]): AbortSignal {
  const first = AbortSignal.any([...signals])
  setMaxListeners(0, first)
  return first
}

/** The tasks that wait for one signal, and the listener that they share. */
interface Waiting {
  readonly tasks: Set<() => void>
  readonly listener: () => void
}

const waitingFor = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls `task` when a signal of the application aborts; does nothing if it has aborted already. All tasks of a signal
 * share one listener, so that Node does not warn when one signal serves many requests. `task` must not throw.
 * @returns a function that removes the task; idempotent
 */
export function onAbort(signal: AbortSignal, task: () => void): () => void {
  const { tasks, listener } = waitingFor.get(signal) ?? enter(signal)
  if (tasks.size === 0) signal.addEventListener('abort', listener, { once: true })
  tasks.add(task)
  return () => {
    if (tasks.delete(task) && tasks.size === 0) signal.removeEventListener('abort', listener)
  }
}

function enter(signal: AbortSignal): Waiting {
  const tasks = new Set<() => void>()
  const listener = () => {
    const called = [...tasks]
    tasks.clear()
    for (const task of called) task()
  }
  const waiting = { tasks, listener }
  waitingFor.set(signal, waiting)
  return waiting
}
