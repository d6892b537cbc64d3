import type WebSocket from 'ws'

/**
 * Sends a ping and resolves with the next pong.
 * @throws the signal's reason, or the result of `onClosed` if the connection ends
 */
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
