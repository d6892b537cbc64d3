import { expect, test } from 'vitest'
import { UntakenAnswers } from '../../src/actor/untaken-answers.js'

function rig() {
  const channel = {
    posted: 0,
    taken: 0,
    watches: 0,
    watchTaken() {
      this.watches++
    },
  }
  let held = 0
  const count = (bytes: number) => {
    held += bytes
  }
  const untaken = new UntakenAnswers({ waits: count, taken: (bytes) => count(-bytes) }, channel)
  return {
    channel,
    untaken,
    held: () => held,
    post(...answers: number[]) {
      for (const bytes of answers) untaken.add(bytes)
      channel.posted = (channel.posted + 1) | 0
      untaken.posted()
    },
  }
}

test('answers count until the host has taken their batch', () => {
  const { channel, untaken, held, post } = rig()
  post(10, 20)
  post(5)
  post()
  expect(held()).toBe(35)
  channel.taken = 1
  untaken.woken()
  expect(held()).toBe(5)
  channel.taken = 3
  post(7)
  expect(held()).toBe(7)
})

test('few bytes are not watched, unless somebody waits for them', () => {
  const { channel, untaken, held, post } = rig()
  post(1_000)
  expect(channel.watches).toBe(0)
  untaken.collect()
  expect(channel.watches).toBe(1)
  channel.taken = 1
  untaken.woken()
  expect(held()).toBe(0)
  const { watches } = channel
  post(1_000)
  expect(channel.watches).toBe(watches)
  post(1_000_000)
  expect(channel.watches).toBe(watches + 1)
})

test('counters that wrap around are compared by their difference', () => {
  const { channel, untaken, held, post } = rig()
  channel.posted = 0x7fff_ffff
  channel.taken = 0x7fff_ffff
  post(10)
  expect(channel.posted).toBeLessThan(0)
  expect(held()).toBe(10)
  channel.taken = channel.posted
  untaken.woken()
  expect(held()).toBe(0)
})

test('somebody who waits for a batch that is not posted yet is served', () => {
  const { channel, untaken, held } = rig()
  untaken.add(10)
  untaken.collect()
  channel.posted = 1
  untaken.posted()
  expect(channel.watches).toBe(1)
  channel.taken = 1
  untaken.woken()
  expect(held()).toBe(0)
})
