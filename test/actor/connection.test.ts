import { describe, expect, test } from 'vitest'
import { Connection } from '../../src/actor/connection.js'
import { AuthError, ConnectionError } from '../../src/core/errors/connection.js'
import type { ReconnectSettings } from '../../src/core/settings/connection.js'
import { ManualClock, settled } from '../../src/testing/index.js'
import { SeededRandom } from '../../src/testing/seeded-random.js'

const SETTINGS: ReconnectSettings = {
  enabled: true,
  maxAttempts: -1,
  delayMs: 100,
  maxDelayMs: 1_000,
  offline: 'wait',
}

function rig(settings: Partial<ReconnectSettings> = {}) {
  const clock = new ManualClock()
  const journal: string[] = []
  const attempts: { resolve: () => void; reject: (error: Error) => void; signal: AbortSignal }[] = []
  const adapter = {
    protocol: 'fake',
    connect: (signal: AbortSignal) => {
      journal.push('connect')
      return new Promise<void>((resolve, reject) => attempts.push({ resolve, reject, signal }))
    },
    disconnect: async () => void journal.push('disconnect'),
  }
  const connection = new Connection(
    adapter,
    clock,
    new SeededRandom(1),
    { ...SETTINGS, ...settings },
    5_000,
    {
      changed: (status) =>
        journal.push(status.state === 'reconnecting' ? `reconnecting ${status.attempt}` : status.state),
      connected: () => journal.push('stands'),
      failing: (error) => journal.push(`failing: ${error.message}`),
    },
  )
  const since = () => journal.splice(0)
  const answer = async (error?: Error) => {
    const attempt = attempts.at(-1)!
    if (error) attempt.reject(error)
    else attempt.resolve()
    await settled()
  }
  return { clock, connection, attempts, since, answer }
}

const refused = () => new ConnectionError('refused')

describe('connection', () => {
  test('connects once when it is started, and says so when it stands', async () => {
    const { connection, since, answer } = rig()
    expect(connection.status).toEqual({ state: 'disconnected' })
    connection.start()
    connection.start()
    expect(since()).toEqual(['connecting', 'connect'])
    await answer()
    expect(since()).toEqual(['connected', 'stands'])
    expect(connection.isConnected).toBe(true)
  })

  test('tries again and again with growing delays, up to the longest', async () => {
    const { connection, clock, attempts, answer } = rig()
    connection.start()
    await settled()
    for (const longest of [100, 200, 400, 800, 1_000, 1_000]) {
      const before = attempts.length
      await answer(refused())
      expect(connection.status.state).toBe('reconnecting')
      const { inMs } = clock.pending[0]!
      expect(inMs).toBeLessThanOrEqual(longest)
      expect(inMs).toBeGreaterThanOrEqual(longest * 0.8)
      await clock.advance(inMs)
      expect(attempts).toHaveLength(before + 1)
    }
    await answer()
    expect(connection.isConnected).toBe(true)
  })

  test('gives an attempt up that takes too long', async () => {
    const { connection, clock, attempts } = rig()
    connection.start()
    await clock.advance(4_999)
    expect(attempts[0]!.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(attempts[0]!.signal.aborted).toBe(true)
    expect(connection.status).toEqual({ state: 'reconnecting', attempt: 1 })
  })

  test('is lost and made again; what the lost one still says is nobody’s concern', async () => {
    const { connection, clock, since, answer } = rig()
    connection.start()
    await answer()
    since()
    connection.lost(new ConnectionError('reset'))
    connection.lost(new ConnectionError('reset again'))
    expect(since()).toEqual(['reconnecting 1'])
    await clock.advance(100)
    await answer()
    expect(since()).toEqual(['connect', 'connected', 'stands'])
  })

  test('fails for good after so many attempts, and says why', async () => {
    const { connection, clock, since, answer } = rig({ maxAttempts: 2 })
    connection.start()
    for (let i = 0; i < 3; i++) {
      await answer(refused())
      await clock.advance(1_000)
    }
    expect(connection.status).toEqual({ state: 'failed', reason: 'refused' })
    expect(connection.waitFault?.message).toBe('refused')
    expect(since().filter((entry) => entry === 'connect')).toHaveLength(3)
    await clock.advance(1_000_000)
    expect(since()).toEqual([])
  })

  test('fails with the first loss where reconnecting is switched off', async () => {
    const { connection, clock, answer } = rig({ enabled: false })
    connection.start()
    await answer()
    connection.lost(new ConnectionError('gone'))
    expect(connection.status).toEqual({ state: 'failed', reason: 'gone' })
    expect(clock.pending).toEqual([])
  })

  test('refused credentials are hopeless, though it goes on trying', async () => {
    const { connection, clock, since, answer } = rig()
    connection.start()
    await answer(new AuthError('bad password'))
    expect(connection.waitFault).toBeInstanceOf(AuthError)
    expect(since()).toContain('failing: bad password')
    await clock.advance(1_000)
    await answer()
    expect([connection.waitFault, connection.isConnected]).toEqual([undefined, true])
  })

  test.each(['disconnected', 'connecting', 'connected', 'waiting', 'failed'] as const)(
    'is made anew from %s',
    async (from) => {
      const { connection, answer, since, clock } = rig(from === 'failed' ? { enabled: false } : {})
      if (from !== 'disconnected') connection.start()
      if (from === 'connected') await answer()
      if (from === 'waiting' || from === 'failed') await answer(refused())
      since()
      const done = connection.restart()
      await settled()
      await answer()
      await done
      expect(connection.isConnected).toBe(true)
      const journal = since()
      expect(journal.indexOf('disconnect')).toBeLessThan(journal.indexOf('connect'))
      expect(journal.slice(-2)).toEqual(['connected', 'stands'])
      await clock.advance(100_000)
      expect(since()).toEqual([])
    },
  )

  test('an attempt that was given up by a restart changes nothing when it ends', async () => {
    const { connection, attempts, answer } = rig()
    connection.start()
    connection.restart().catch(() => {})
    await settled()
    attempts[0]!.reject(refused())
    await settled()
    expect(connection.status).toEqual({ state: 'connecting' })
    await answer()
    expect(connection.isConnected).toBe(true)
  })

  test('a restart whose first attempt fails says so and goes on', async () => {
    const { connection, clock, answer } = rig()
    const done = connection.restart()
    const failed = expect(done).rejects.toThrow('refused')
    await settled()
    await answer(refused())
    await failed
    await clock.advance(1_000)
    await answer()
    expect(connection.isConnected).toBe(true)
  })

  test('does nothing any more once it is stopped', async () => {
    const { connection, clock, since, answer } = rig()
    connection.start()
    await answer(refused())
    await connection.stop()
    await connection.stop()
    expect(since().slice(-2)).toEqual(['disconnected', 'disconnect'])
    await clock.advance(100_000)
    connection.start()
    await expect(connection.restart()).rejects.toThrow('stopped')
    expect([since(), clock.pending]).toEqual([[], []])
    expect(connection.waitFault).toBeInstanceOf(ConnectionError)
  })
})
