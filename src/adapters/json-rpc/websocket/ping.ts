import type WebSocket from 'ws'

/** Resolves with the next pong. @throws the signal's reason, or what `onClosed` makes of the end of the connection */
export function ping(socket: WebSocket, signal: AbortSignal, onClosed: () => Error): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      socket.off('pong', onPong).off('close', onClose)
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onPong = () => done(resolve)
    const onClose = () => done(() => reject(onClosed()))
    const onAbort = () => done(() => reject(signal.reason))
    if (signal.aborted) return reject(signal.reason)
    socket.on('pong', onPong).on('close', onClose)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.ping()
  })
}
