import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  JOURNAL_WINDOW,
  operationKey,
  SessionJournal,
} from '../../../src/adapters/mqtt/client/session-journal.js'
import { KEPT_BYTES } from '../../../src/adapters/mqtt/connection-memory.js'
import { mqttManifest } from '../../../src/adapters/mqtt/manifest.js'
import { integrationSettings } from '../../support/adapter-context.js'

const memory = () => new SharedArrayBuffer(SessionJournal.bytes)

describe('the journal of a session', () => {
  it('has the size that the manifest asks for, for sessions that are kept', () => {
    const bytes = (config: object) =>
      mqttManifest.keptBytes!(integrationSettings({ config: mqttManifest.config.parse(config) as never }))
    expect([bytes({}), bytes({ clean_session: false })]).toEqual([0, KEPT_BYTES])
  })

  it('tells a successor what was in flight, how far, and in what order', () => {
    const shared = memory()
    const journal = new SessionJournal(shared, 0)
    expect(journal.isKnown).toBe(false)
    journal.begin()
    const slots = ['a', 'b', 'c', 'd'].map((operation, i) => journal.enter(100 - i, operation))
    journal.advance(slots[1]!, 'released')
    journal.advance(slots[2]!, 'done')
    journal.remove(slots[3]!)
    const successor = new SessionJournal(shared, 0)
    expect(successor.isKnown).toBe(true)
    expect(successor.entries().map(({ id, phase, operation }) => [id, phase, operation])).toEqual([
      [100, 'sent', operationKey('a')],
      [99, 'released', operationKey('b')],
      [98, 'done', operationKey('c')],
    ])
    successor.clear()
    expect([successor.entries(), successor.isKnown]).toEqual([[], false])
  })

  it('never gives away the place of a message in flight', () => {
    const journal = new SessionJournal(memory(), 0)
    const stuck = Array.from({ length: JOURNAL_WINDOW }, (_, i) => journal.enter(i + 1, `stuck ${i}`))
    for (let i = 0; i < 10 * JOURNAL_WINDOW; i++) {
      const slot = journal.enter(60_000, `passing ${i}`)
      expect(stuck.includes(slot)).toBe(false)
      journal.advance(slot, 'done')
    }
    expect(journal.entries().filter(({ phase }) => phase === 'sent')).toHaveLength(JOURNAL_WINDOW)
  })

  it('remembers the identifiers that were received and not released', () => {
    const shared = memory()
    const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 65_535 })))
    fc.assert(
      fc.property(steps, (given) => {
        const [journal, model] = [new SessionJournal(shared, 0), new Set<number>()]
        journal.clear()
        for (const [adds, id] of given) {
          if (adds) journal.addReceived(id)
          else journal.deleteReceived(id)
          if (adds) model.add(id)
          else model.delete(id)
        }
        const successor = new SessionJournal(shared, 0)
        for (const [, id] of given) expect(successor.hasReceived(id)).toBe(model.has(id))
      }),
    )
  })

  it('tells operations apart', () => {
    const keys = new Set(Array.from({ length: 50_000 }, (_, i) => operationKey(`gateway/${i % 7}/${i}`)))
    expect(keys.size).toBe(50_000)
  })
})
