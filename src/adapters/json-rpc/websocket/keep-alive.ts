import type WebSocket from 'ws'
import { type Clock, every, type Timer } from '../../../core/clock.js'

/**
 * Pings the server when nothing came for an interval, and says so when nothing comes for another one: a connection
 * whose other end is gone looks like a quiet one.
 * @param isPaused whether we do not read: then silence says nothing.
 */
export function keepAlive(
  socket: WebSocket,
  clock: Clock,
  intervalMs: number,
  isPaused: () => boolean,
  onSilence: () => void,
): Timer {
  let state: 'heard' | 'quiet' | 'asked' = 'heard'
  const heard = () => {
    state = 'heard'
  }
  socket.on('message', heard).on('pong', heard).on('ping', heard)
  const timer = every(
    clock,
    intervalMs,
    () => {
      if (isPaused()) state = 'heard'
      // A sign of life may have come while the event loop was blocked: sockets are read before this is called.
      else if (state === 'asked') clock.nextTurn(() => state === 'asked' && !isPaused() && onSilence())
      else if (state === 'heard') state = 'quiet'
      else {
        state = 'asked'
        socket.ping()
      }
    },
    { background: true },
  )
  socket.once('close', () => timer.cancel())
  return timer
}
