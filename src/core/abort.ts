import { setMaxListeners } from 'node:events'

/**
 * A controller whose signal any number of listeners may share. At the eleventh, Node warns of a leak
 * (`MaxListenersExceededWarning`) unless the signal is made so.
 */
export function sharedController(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}

/** What waits for one signal. */
interface Waiting {
  readonly tasks: Set<() => void>
  readonly listener: () => void
}

const waitingFor = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls `task` when a signal of the application aborts; not where it has aborted already. All tasks of a signal share
 * one listener, so that Node does not warn when one signal serves many requests. `task` must not throw.
 * @returns a function that takes the task back; idempotent
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
