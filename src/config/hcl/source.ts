import type { NoteFile } from '../../core/note-file.js'

/** A position in a text. Lines and columns count from 1, columns in Unicode code points. */
export interface Position {
  line: number
  column: number
}

/** A part of a text as offsets; `end` is exclusive. */
export interface Span {
  readonly source: Source
  readonly start: number
  readonly end: number
}

/** Distance of the places whose columns are kept, in code units. */
const STRIDE = 256

/** A named text with an index of its lines. */
export class Source {
  readonly name: string
  readonly text: string
  /** Called with each file that the text refers to. */
  readonly noteFile: NoteFile
  readonly #lineStarts: number[] = [0]
  /** For each long line: the columns at its start and after every `STRIDE` code units, as far as they were needed. */
  readonly #columns = new Map<number, number[]>()

  constructor(name: string, text: string, noteFile: NoteFile = () => {}) {
    this.name = name
    this.text = text
    this.noteFile = noteFile
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
      this.#lineStarts.push(at + 1)
  }

  /** Returns line and column of an offset. A byte order mark takes no column. */
  position(offset: number): Position {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#lineStarts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    let start = this.#lineStarts[low]!
    if (low === 0 && this.text.startsWith('\ufeff') && offset > 0) start = 1
    return { line: low + 1, column: this.#columnAt(start, offset) }
  }

  /** Counts from the nearest place before the offset, so that many places in a long line do not take quadratic time. */
  #columnAt(start: number, offset: number): number {
    if (offset - start < STRIDE) return 1 + this.#points(start, offset)
    const columns = this.#columns.get(start) ?? [1]
    this.#columns.set(start, columns)
    const nearest = Math.floor((offset - start) / STRIDE)
    for (let at = columns.length; at <= nearest; at++) {
      const end = start + at * STRIDE
      columns.push(columns[at - 1]! + this.#points(end - STRIDE, end))
    }
    return columns[nearest]! + this.#points(start + nearest * STRIDE, offset)
  }

  /** Counts the code points that begin in a part of the text. */
  #points(start: number, end: number): number {
    let count = 0
    for (let at = start; at < end; at++) if (!this.#isSecondHalf(at)) count++
    return count
  }

  /** Whether the code unit is the second of a surrogate pair. */
  #isSecondHalf(at: number): boolean {
    if ((this.text.charCodeAt(at) & 0xfc00) !== 0xdc00) return false
    return (this.text.charCodeAt(at - 1) & 0xfc00) === 0xd800
  }

  /** Returns the text of a line without its end. */
  lineText(line: number): string {
    const start = this.#lineStarts[line - 1] ?? this.text.length
    const end = (this.#lineStarts[line] ?? this.text.length + 1) - 1
    const text = this.text.slice(start, end)
    const from = line === 1 && text.startsWith('\ufeff') ? 1 : 0
    return text.slice(from, text.endsWith('\r') ? -1 : undefined)
  }
}

/** Returns the text of a span. */
export function textOf(span: Span): string {
  return span.source.text.slice(span.start, span.end)
}
