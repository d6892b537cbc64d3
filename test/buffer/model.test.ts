import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SMALLEST_BUFFER } from '../../src/buffer/disk-buffer-options.js'
import type { MessageBuffer, StoredMessage, WhenFull } from '../../src/buffer/message-buffer.js'
import { diskUsage, drain, openBuffer, temporaryFolder } from './folder.js'
import { payloadOf, readNumber } from './numbered.js'

const SEGMENT = 4_000

type Step =
  | { readonly do: 'append'; readonly count: number; readonly isAwaited: boolean }
  | { readonly do: 'read'; readonly count: number }
  /** Accepts every nth of the messages that were read. */
  | { readonly do: 'accept'; readonly nth: number }
  | { readonly do: 'rewind' | 'close' }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        count: fc.integer({ min: 1, max: 30 }),
        isAwaited: fc.boolean(),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.integer({ min: 1, max: 40 }) }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('accept' as const), nth: fc.integer({ min: 1, max: 4 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('rewind' as const, 'close' as const) }) },
  ),
  { maxLength: 40 },
)

/** What must be true of a buffer, whatever happens to it. */
class Model {
  buffer!: MessageBuffer
  readonly folder: string
  next = 1
  readonly stored = new Set<number>()
  readonly begun = new Set<number>()
  readonly delivered = new Set<number>()
  /** The messages that this life has read and not accepted. */
  held: StoredMessage[] = []
  #last = 0
  readonly #whenFull: WhenFull
  readonly #appends: Promise<unknown>[] = []

  constructor(folder: string, whenFull: WhenFull) {
    this.folder = folder
    this.#whenFull = whenFull
  }

  async open(): Promise<void> {
    const options = { whenFull: this.#whenFull, segmentBytes: SEGMENT }
    const { buffer, faults } = await openBuffer(this.folder, options)
    expect(faults.filter(({ kind }) => kind !== 'torn-tail')).toEqual([])
    this.buffer = buffer
    this.held = []
    this.#last = 0
  }

  async append(count: number, isAwaited: boolean): Promise<void> {
    const appends = Array.from({ length: count }, async () => {
      const number = this.next++
      this.begun.add(number)
      const message = { topic: `n/${number}`, payload: payloadOf(number), timestamp: 1 }
      // Those that wait for room are rejected when the buffer is closed.
      const result = await this.buffer.append(message).catch(() => 'rejected')
      if (typeof result === 'number') this.stored.add(number)
    })
    this.#appends.push(...appends)
    // With `block` they may wait for the reader.
    if (isAwaited && this.#whenFull !== 'block') await Promise.all(appends)
  }

  async read(count: number): Promise<void> {
    const { messages } = this.buffer.figures()
    if (messages - this.held.length <= 0) return
    const batch = await this.buffer.read({ messages: count, bytes: 1e9 })
    for (const message of batch) {
      expect(message.sequence).toBeGreaterThan(this.#last)
      this.#last = message.sequence
      const number = readNumber(message)
      expect(this.begun.has(number)).toBe(true)
      this.delivered.add(number)
    }
    this.held.push(...batch)
  }

  accept(nth: number): void {
    const accepted = this.held.filter((_, index) => index % nth === 0)
    this.held = this.held.filter((_, index) => index % nth !== 0)
    for (const { sequence } of accepted) this.buffer.accepted(sequence)
  }

  rewind(): void {
    this.buffer.rewind()
    this.held = []
    this.#last = 0
  }

  async close(): Promise<void> {
    await this.buffer.close()
    await Promise.all(this.#appends.splice(0))
  }
}

// Crashes are tested in the campaign, with processes that are killed.
test.each<WhenFull>(['block', 'drop-oldest', 'drop-newest'])(
  '%s: whatever is stored is read until it is accepted',
  async (whenFull) => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const model = new Model(await temporaryFolder(), whenFull)
        await model.open()
        for (const step of all) {
          if (step.do === 'append') await model.append(step.count, step.isAwaited)
          else if (step.do === 'read') await model.read(step.count)
          else if (step.do === 'accept') model.accept(step.nth)
          else if (step.do === 'rewind') model.rewind()
          else {
            await model.close()
            await model.open()
          }
          expect(diskUsage(model.folder)).toBeLessThanOrEqual(SMALLEST_BUFFER)
        }
        await model.close()
        await model.open()
        for (const message of await drain(model.buffer)) model.delivered.add(readNumber(message))
        expect(model.buffer.figures()).toMatchObject({ messages: 0, unreadable: 0, dropped: 0 })
        const lost = [...model.stored].filter((number) => !model.delivered.has(number))
        if (whenFull !== 'drop-oldest') expect(lost).toEqual([])
        await model.close()
      }),
      { numRuns: 40 },
    )
  },
)
