import type { Duplex } from 'node:stream'
import type { Clock } from '../../../core/clock.js'

const GRACEFUL_CLOSE_MS = 500

/** Closes a socket after pending writes. Destroys it if it has not closed after half a second. */
export async function hangUp(socket: Duplex, clock: Clock): Promise<void> {
  if (socket.destroyed) return
  await new Promise<void>((resolve) => {
    const timer = clock.setTimer(GRACEFUL_CLOSE_MS, () => socket.destroy())
    socket.once('close', () => {
      timer.cancel()
      resolve()
    })
    // Unread data must be consumed before the stream reports its end.
    socket.removeAllListeners('data').resume()
    socket.end()
  })
}
