import { join } from 'node:path'
import { systemCode } from './errors.js'
import type { Files } from './files.js'
import type { Segment } from './segment.js'

/** The files of the log in order, and how many bytes they take on the disk. */
export class SegmentList {
  readonly #files: Files
  readonly #folder: string
  readonly #onChange: (error: unknown, segment: Segment) => void
  readonly #beforeEmpty: () => Promise<void>
  readonly #segments: Segment[]
  /** Files that could not be removed yet. */
  #stuck: Segment[] = []
  readonly #removing = new Set<Promise<void>>()
  #bytes: number

  /**
   * @param onChange called when a file was removed, or with the error
   * @param beforeEmpty called before the last file is removed; never rejects
   */
  constructor(
    files: Files,
    folder: string,
    segments: Segment[],
    onChange: (error: unknown, segment: Segment) => void,
    beforeEmpty: () => Promise<void>,
  ) {
    this.#files = files
    this.#folder = folder
    this.#segments = segments
    this.#onChange = onChange
    this.#beforeEmpty = beforeEmpty
    this.#bytes = segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Bytes of all files, with those that are being written or removed. */
  get bytes(): number {
    return this.#bytes
  }

  get head(): Segment | undefined {
    return this.#segments[0]
  }

  /** The segment that is appended to; `undefined` if the next record needs a new one. */
  get active(): Segment | undefined {
    const last = this.#segments.at(-1)
    return last?.isSealed ? undefined : last
  }

  add(segment: Segment): void {
    this.#segments.push(segment)
  }

  /** Counts bytes before they are written, so that the limit also holds meanwhile. */
  reserve(bytes: number): void {
    this.#bytes += bytes
  }

  /** Finds the segment with this number, or the first one after it. */
  at(sequence: number): Segment | undefined {
    return this.#segments.find((segment) => sequence < segment.end || !segment.isSealed)
  }

  /** Whether a file of the folder belongs to this log. */
  owns(name: string): boolean {
    return [...this.#segments, ...this.#stuck].some((segment) => segment.name === name)
  }

  has(segment: Segment): boolean {
    return this.#segments.includes(segment)
  }

  /** Removes the sealed segments whose numbers are all at most `cursor`. */
  removeUpTo(cursor: number): void {
    while (this.head?.isSealed && this.head.end - 1 <= cursor) this.#remove(this.#segments.shift()!)
  }

  /** Tries again to remove the files that could not be removed. */
  retry(): void {
    const stuck = this.#stuck
    this.#stuck = []
    for (const segment of stuck) this.#remove(segment)
  }

  /** Whether files are being removed, so that there will be more room. */
  get isRemoving(): boolean {
    return this.#removing.size > 0
  }

  /** Waits until all removals have ended. */
  async settled(): Promise<void> {
    while (this.#removing.size > 0) await Promise.all(this.#removing)
  }

  #remove(segment: Segment): void {
    const removal = this.#unlink(segment).then((error) => {
      this.#removing.delete(removal)
      if (error === undefined) this.#bytes -= segment.bytes
      else this.#stuck.push(segment)
      this.#onChange(error, segment)
    })
    this.#removing.add(removal)
  }

  async #unlink(segment: Segment): Promise<unknown> {
    if (this.#segments.length === 0) await this.#beforeEmpty()
    try {
      await this.#files.unlink(join(this.#folder, segment.name))
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') return error
    }
    return undefined
  }
}
