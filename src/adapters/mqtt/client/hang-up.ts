import type { Duplex } from 'node:stream'
import type { Clock } from '../../../core/clock.js'

const GRACEFUL_CLOSE_MS = 500

/** Ends the socket once all is written; waits no longer than half a second for it to close. */
export async function hangUp(socket: Duplex, clock: Clock): Promise<void> {
  if (socket.destroyed) return
  await new Promise<void>((resolve) => {
    const timer = clock.setTimer(GRACEFUL_CLOSE_MS, () => socket.destroy())
    socket.once('close', () => {
      timer.cancel()
      resolve()
    })
    // What is unread has to be read for the end of the stream to be seen.
    socket.removeAllListeners('data').resume()
    socket.end()
  })
}
