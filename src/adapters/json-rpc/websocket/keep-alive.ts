import type WebSocket from 'ws'
import { type Clock, every, type Timer } from '../../../core/clock.js'

/**
 * Sends a ping after an interval of silence, and calls `onSilence` after another one. A connection to a peer that
 * vanished looks like an idle one.
 * @param isPaused whether reading is paused, so that silence says nothing
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
      // Wait a turn, because data may have arrived while the event loop was blocked and sockets are read first.
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
