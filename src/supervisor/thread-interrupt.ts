/** What the thread evaluates: what it would do itself when it is asked to leave. */
const LEAVE = `process.emit('exit', 1)
const { left } = process.getBuiltinModule('node:worker_threads').workerData
Atomics.store(left, 0, 1)
Atomics.notify(left, 0)`

/**
 * Runs the exit listeners of a worker thread in the middle of its JavaScript, through Node's inspector. A thread in a
 * native call runs them when the call returns.
 * @param ended aborts when the thread has ended
 * @param posted called when the thread is certain to run them; on the main thread it is called before this function
 * returns
 * @throws Error if this Node has no inspector, or the thread has ended
 */
export async function interruptThread(
  threadId: number,
  isMainThread: boolean,
  ended: AbortSignal,
  posted: () => void = () => {},
): Promise<void> {
  ended.throwIfAborted()
  // Loaded when needed: an application that never sees a stuck thread does not pay for it.
  const { Session } = process.getBuiltinModule('node:inspector')
  const session = new Session()
  if (isMainThread) session.connect()
  else session.connectToMainThread()
  let isOpen = true
  const close = () => {
    isOpen = false
    session.disconnect()
  }
  await new Promise<void>((resolve, reject) => {
    ended.addEventListener('abort', () => reject(ended.reason))
    let isAttached = false
    // The session attaches to all threads of the process. Their ids are its own; the title has that of the thread.
    session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
      if (!isOpen) return
      if (!workerInfo.title.startsWith(`[worker ${threadId}]`))
        return session.post('NodeWorker.detach', { sessionId })
      isAttached = true
      const message = { id: 1, method: 'Runtime.evaluate', params: { expression: LEAVE } }
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify(message) })
      posted()
    })
    session.on('NodeWorker.receivedMessageFromWorker', () => resolve())
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) => {
      if (!isAttached) reject(error ?? new Error(`the inspector does not know thread ${threadId}`))
    })
  }).finally(close)
}
