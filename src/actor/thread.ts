import { type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads'
import type { FromThread, StartedThreadData, ThreadData, ToThread } from '../mailbox/thread-messages.js'

/** The worker thread in which this code runs. */
export interface ActorThread {
  /** Sends a message to the supervisor, outside the channel. */
  tell(message: FromThread, transfer?: readonly MessagePort[]): void
  /** Calls `receive` with every message of the supervisor that comes outside the channel. */
  listen(receive: (message: ToThread) => void): void
}

/** @throws Error on the main thread */
export function actorThread(): ActorThread {
  const port = parentPort
  if (port === null) throw new Error('an actor runs in a worker thread, not on the main thread')
  const tell: ActorThread['tell'] = (message, transfer) =>
    port.postMessage(message, transfer as MessagePort[] | undefined)
  return {
    tell,
    listen: (receive) => {
      port.on('message', (message: ToThread) => {
        if (message.kind !== 'leave') return receive(message)
        process.emit('exit', 0)
        const { left } = workerData as ThreadData
        Atomics.store(left, 0, 1)
        Atomics.notify(left, 0)
        tell({ kind: 'left' })
      })
    },
  }
}

/** The URL with which this thread was started, including its query. */
export function threadAddress(): URL {
  return new URL((workerData as ThreadData).url)
}

/** Imports a module into this thread, in whose code `import()` does not work. @param address a URL */
export function importModule(address: string): Promise<unknown> {
  return (workerData as StartedThreadData).importModule(address)
}

/** A thread that this thread has started. It ends with this thread. */
export interface HelperThread {
  post(message: unknown): void
  terminate(): void
}

/** Starts a helper thread. @param ended called once if the thread ends before it is terminated */
export function startHelper(
  url: URL,
  receive: (message: unknown) => void,
  ended: (error: Error) => void,
): HelperThread {
  const worker = new Worker(url, { workerData: url.href, execArgv: [], stdout: true, stderr: true })
  // What a library prints is not for the application.
  worker.stdout.resume()
  worker.stderr.resume()
  let failure: Error | undefined
  worker.on('message', receive)
  worker.on('error', (error: Error) => {
    failure = error
  })
  worker.on('exit', (code) => ended(failure ?? new Error(`code ${code}`)))
  worker.unref()
  return {
    post: (message) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
  }
}

/** Serves the thread that has started this one. @param answer its results are posted, in order */
export function serveParent(answer: (message: unknown) => Promise<unknown>): void {
  const port = parentPort
  if (port === null) throw new Error('a helper runs in a worker thread, not on the main thread')
  let last: Promise<unknown> = Promise.resolve()
  port.on('message', (message: unknown) => {
    last = last.then(async () => port.postMessage(await answer(message)))
  })
  port.postMessage({ kind: 'loaded' })
}
