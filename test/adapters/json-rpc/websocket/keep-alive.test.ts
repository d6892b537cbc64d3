import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type WebSocket from 'ws'
import { keepAlive } from '../../../../src/adapters/json-rpc/websocket/keep-alive.js'
import { StepClock } from '../../../support/step-clock.js'

function rig() {
  const clock = new StepClock()
  const socket = Object.assign(new EventEmitter(), { ping: () => pings++ })
  let pings = 0
  let silences = 0
  keepAlive(
    socket as unknown as WebSocket,
    clock,
    100,
    () => false,
    () => silences++,
  )
  return { clock, socket, pings: () => pings, silences: () => silences }
}

test('a sign of life that is read only after the timer counts', async () => {
  const { clock, socket, pings, silences } = rig()
  await clock.advance(200)
  expect(pings()).toBe(1)
  // The timer of a blocked event loop comes first, then sockets are read, then what was put off to the next turn.
  const nextTurn = clock.nextTurn.bind(clock)
  clock.nextTurn = (task) => {
    socket.emit('pong')
    return nextTurn(task)
  }
  await clock.advance(100)
  expect(silences()).toBe(0)
})

test('silence after a ping is told once the interval is over', async () => {
  const { clock, silences } = rig()
  await clock.advance(300)
  expect(silences()).toBe(1)
})
