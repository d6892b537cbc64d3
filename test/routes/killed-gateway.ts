import { readdirSync, readFileSync } from 'node:fs'
import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { segmentOfName } from '../../src/buffer/segment.js'
import { SegmentScan } from '../../src/buffer/segment-scan.js'
import { type Running, startProgram } from '../support/program.js'

const PROGRAM = new URL('gateway-process.js', import.meta.url).pathname

/** A gateway in a separate process, which can be killed. */
export class KilledGateway {
  readonly #config: object
  #running: Running

  private constructor(config: object, running: Running) {
    this.#config = config
    this.#running = running
  }

  static async start(config: object): Promise<KilledGateway> {
    const gateway = new KilledGateway(config, await launch(config))
    onTestFinished(async () => {
      gateway.#running.child.kill('SIGKILL')
      await gateway.#running.ended
    })
    return gateway
  }

  async kill(): Promise<void> {
    this.#running.child.kill('SIGKILL')
    await this.#running.ended
  }

  async restart(): Promise<void> {
    this.#running = await launch(this.#config)
  }

  /** Waits until it has logged this. */
  seen(pattern: RegExp): Promise<void> {
    return this.#running.seen(pattern)
  }
}

async function launch(config: object): Promise<Running> {
  const running = startProgram(PROGRAM, [JSON.stringify(config)])
  await running.seen(/^open$/m)
  return running
}

/** A payload of 160 bytes that follows from its number. */
export function payloadOf(number: number): Buffer {
  const payload = Buffer.alloc(160, (number * 31) % 251)
  payload.write(`${number} `)
  return payload
}

/** The number of a message. @throws Error if a byte of it is not as it was produced */
export function numberOf(payload: Uint8Array): number {
  const number = Number.parseInt(Buffer.from(payload).toString('latin1', 0, 20), 10)
  if (!payloadOf(number).equals(payload)) throw new Error(`message ${number} is damaged`)
  return number
}

/** The numbers of the intact records in a file of a buffer. */
function intactNumbers(folder: string, name: string): ReadonlySet<number> {
  const numbers = new Set<number>()
  const bytes = readFileSync(join(folder, name))
  const scan = new SegmentScan(segmentOfName(name)!.marker)
  for (let before = -1; scan.position < bytes.length && scan.position !== before; ) {
    before = scan.position
    for (const found of scan.scan(bytes.subarray(before), bytes.length))
      if ('message' in found) numbers.add(numberOf(found.message.payload))
  }
  return numbers
}

/** The numbers of the intact records of a buffer. */
export function storedNumbers(folder: string): ReadonlySet<number> {
  const names = readdirSync(folder).filter((name) => segmentOfName(name) !== undefined)
  return new Set(names.flatMap((name) => [...intactNumbers(folder, name)]))
}

export type Damage = 'none' | 'torn' | 'truncated' | 'flipped'
export const DAMAGES: readonly Damage[] = ['none', 'torn', 'truncated', 'flipped']

/**
 * Damages the files that a killed gateway has left.
 * @returns the numbers of the records that are no longer intact
 */
export async function damage(folder: string, kind: Damage, random: () => number): Promise<readonly number[]> {
  const names = readdirSync(folder)
    .filter((name) => segmentOfName(name) !== undefined)
    .sort()
  if (kind === 'none' || names.length === 0) return []
  const name = kind === 'flipped' ? names[Math.floor(random() * names.length)]! : names.at(-1)!
  const file = join(folder, name)
  const bytes = await readFile(file)
  if (bytes.length <= 64) return []
  const before = intactNumbers(folder, name)
  // A write that the end of the process has cut off.
  if (kind === 'torn') await appendFile(file, bytes.subarray(32, 33 + Math.floor(random() * 90)))
  if (kind === 'truncated') await truncate(file, Math.max(33, bytes.length - Math.floor(random() * 400)))
  if (kind === 'flipped') {
    const at = 32 + Math.floor(random() * (bytes.length - 32))
    bytes[at]! ^= 1 << Math.floor(random() * 8)
    await writeFile(file, bytes)
  }
  const after = intactNumbers(folder, name)
  return [...before].filter((number) => !after.has(number))
}
