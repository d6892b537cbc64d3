import { readdirSync, statSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openDiskBuffer } from '../../src/buffer/disk-buffer.js'
import { type DiskBufferOptions, SMALLEST_BUFFER } from '../../src/buffer/disk-buffer-options.js'
import type {
  BufferedMessage,
  BufferFault,
  MessageBuffer,
  StoredMessage,
} from '../../src/buffer/message-buffer.js'
import { systemClock } from '../../src/core/clock.js'
import { systemRandom } from '../../src/core/random.js'

/** A new folder, removed at the end of the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-buffer-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export interface Opened {
  readonly buffer: MessageBuffer
  readonly faults: BufferFault[]
}

/** Opens a buffer and collects its faults. */
export async function openBuffer(folder: string, options: Partial<DiskBufferOptions> = {}): Promise<Opened> {
  const faults: BufferFault[] = []
  const buffer = await openDiskBuffer({
    folder,
    maxBytes: SMALLEST_BUFFER,
    whenFull: 'block',
    owner: 'route test',
    clock: systemClock,
    random: systemRandom,
    onFault: (fault) => faults.push(fault),
    ...options,
  })
  return { buffer, faults }
}

/** The same, closed at the end of the test. */
export async function openForTest(folder: string, options: Partial<DiskBufferOptions> = {}): Promise<Opened> {
  const opened = await openBuffer(folder, options)
  onTestFinished(() => opened.buffer.close())
  return opened
}

/** A message whose payload is a text. */
export function message(text: string, timestamp = Date.now()): BufferedMessage {
  return { topic: 'orders/created', payload: Buffer.from(text), timestamp }
}

export const textOf = ({ payload }: StoredMessage) => Buffer.from(payload).toString()

/** Reads messages until there are `count`. */
export async function readCount(buffer: MessageBuffer, count: number): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = []
  while (messages.length < count) {
    const batch = await buffer.read({ messages: count - messages.length, bytes: 1e9 })
    if (batch.length === 0) break
    messages.push(...batch)
  }
  return messages
}

/** Reads all messages that can be read, and accepts them. */
export async function drain(buffer: MessageBuffer): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = []
  while (buffer.figures().messages > 0) {
    const read = buffer.read({ messages: 7, bytes: 1e9 })
    // Where the rest turns out to be unreadable, nothing more arrives.
    const batch = await Promise.race([read, untilEmpty(buffer)])
    for (const each of batch) buffer.accepted(each.sequence)
    messages.push(...batch)
    if (batch.length === 0 && buffer.figures().messages > 0) throw new Error('the buffer was closed')
  }
  return messages
}

async function untilEmpty(buffer: MessageBuffer): Promise<StoredMessage[]> {
  while (buffer.figures().messages > 0) await new Promise((resolve) => setTimeout(resolve, 1))
  return []
}

/** The bytes of all files in a folder, at one moment of the buffer's thread. */
export function diskUsage(folder: string): number {
  let bytes = 0
  // A file may be removed meanwhile.
  for (const name of readdirSync(folder))
    bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
  return bytes
}

/** The files of a log in order. */
export async function segmentNames(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.log')).sort()
}
