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

/** A named text with an index of its lines. */
export class Source {
  readonly name: string
  readonly text: string
  readonly #lineStarts: number[] = [0]

  constructor(name: string, text: string) {
    this.name = name
    this.text = text
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
    let column = 1
    for (let at = start; at < offset; column++) at += this.text.codePointAt(at)! > 0xffff ? 2 : 1
    return { line: low + 1, column }
  }

  /** Returns the text of a line without its end. */
  lineText(line: number): string {
    const start = this.#lineStarts[line - 1] ?? this.text.length
    const end = (this.#lineStarts[line] ?? this.text.length + 1) - 1
    const text = this.text.slice(start, end)
    return (line === 1 ? text.replace(/^\ufeff/, '') : text).replace(/\r$/, '')
  }
}

/** Returns the text of a span. */
export function textOf(span: Span): string {
  return span.source.text.slice(span.start, span.end)
}
