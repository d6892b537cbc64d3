import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { WhenFull } from '../../src/buffer/message-buffer.js'
import { SeededRandom } from '../../src/testing/index.js'
import { diskUsage, drain, openBuffer, temporaryFolder } from '../buffer/folder.js'
import { readNumber } from '../buffer/numbered.js'
import { rounds } from '../support/rounds.js'

const KILLS = rounds(6, 50)
const SEED = Number(process.env.NEMO_CAMPAIGN_SEED ?? Date.now() % 1_000_000)
const MAX_BYTES = 400_000
const LONGEST_LIFE_MS = 250

/** What the processes have written down. */
interface Journal {
  readonly begun: number[]
  readonly stored: number[]
  readonly dropped: number[]
  readonly delivered: number[]
  readonly accepted: number[]
  readonly faults: string[]
}

function readJournal(path: string): Journal {
  const lines = readFileSync(path, 'utf8').split('\n')
  const of = (kind: string) =>
    lines.flatMap((line) => (line.startsWith(`${kind} `) ? [line.slice(kind.length + 1)] : []))
  const numbers = (kind: string) => of(kind).map(Number)
  return {
    begun: numbers('begun'),
    stored: numbers('stored'),
    dropped: numbers('dropped'),
    delivered: numbers('delivered'),
    accepted: numbers('accepted'),
    faults: of('fault'),
  }
}

/** Runs a process on the folder and kills it after `ms`. */
async function live(args: readonly string[], ms: number): Promise<void> {
  const script = join(import.meta.dirname, '../buffer/killed-process.js')
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  await Promise.race([once(child.stdout, 'data'), exited])
  await new Promise((resolve) => setTimeout(resolve, ms))
  child.kill('SIGKILL')
  const [, signal] = await exited
  expect(errors).toBe('')
  expect(signal).toBe('SIGKILL')
}

describe('a process with a buffer on disk that is killed again and again', () => {
  test.each<WhenFull>(['block', 'drop-oldest', 'drop-newest'])(
    `%s: loses nothing that was stored (NEMO_CAMPAIGN_SEED=${SEED})`,
    async (whenFull) => {
      const folder = await temporaryFolder()
      const path = join(await temporaryFolder(), 'journal')
      writeFileSync(path, '')
      const random = new SeededRandom(SEED)
      for (let kill = 0; kill < KILLS; kill++) {
        const start = readJournal(path).begun.reduce((highest, each) => Math.max(highest, each), 0) + 1
        const args = [folder, path, start, MAX_BYTES, whenFull, SEED + kill].map(String)
        await live(args, Math.floor(random.number() * LONGEST_LIFE_MS))
        expect(diskUsage(folder)).toBeLessThanOrEqual(MAX_BYTES)
      }

      const journal = readJournal(path)
      const { buffer, faults } = await openBuffer(folder, { maxBytes: MAX_BYTES })
      const left = (await drain(buffer)).map(readNumber)
      expect(buffer.figures()).toMatchObject({ messages: 0, unreadable: 0 })
      await buffer.close()

      const found = [...journal.faults, ...faults.map((fault) => JSON.stringify(fault))]
      expect(found.filter((fault) => !fault.includes('"torn-tail"'))).toEqual([])
      const begun = new Set(journal.begun)
      const delivered = new Set([...journal.delivered, ...left])
      for (const number of delivered) expect(begun.has(number)).toBe(true)
      // A number that was killed between its sync and its line in the journal may be there too.
      expect(journal.stored.length).toBeGreaterThan(KILLS)
      const lost = journal.stored.filter((number) => !delivered.has(number))
      if (whenFull !== 'drop-oldest') expect(lost).toEqual([])
      else {
        // What is dropped is the oldest: nothing after the first message that is left may be missing, or, if none is
        // left, nothing after the last one that was delivered.
        const newest = left.length > 0 ? Math.min(...left) : Math.max(...journal.delivered)
        expect(lost.filter((number) => number > newest)).toEqual([])
      }
    },
    KILLS * 10_000,
  )
})
