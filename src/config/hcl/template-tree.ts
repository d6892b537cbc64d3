import type { Expression, ForVariables, TemplatePart } from './ast.js'
import type { Span } from './source.js'
import type { TokenStream } from './token-stream.js'

interface Marks {
  readonly span: Span
  readonly stripBefore?: boolean
  readonly stripAfter?: boolean
}

/** A piece of a template in textual order, before directives are paired. */
export type Element = Marks &
  (
    | { kind: 'text'; value: string }
    | { kind: 'interpolation'; expression: Expression }
    | { kind: 'if'; condition: Expression }
    | { kind: 'for'; variables: ForVariables; collection: Expression }
    | { kind: 'else' | 'endif' | 'endfor' }
  )

/** Builds the expression of a string: applies `~`, removes the indentation (`<<-`) and pairs the directives. */
export function buildTemplate(
  stream: TokenStream,
  elements: Element[],
  span: Span,
  indented: boolean,
): Expression {
  strip(elements)
  if (indented) outdent(elements)
  const parts = new Tree(stream, elements).read()
  if (parts.length === 0) return { kind: 'literal', value: '', span }
  const [first] = parts
  // Normalise the whole text, because two pieces may combine into one character.
  if (parts.length === 1 && first!.kind === 'text')
    return { kind: 'literal', value: first!.value.normalize('NFC'), span }
  return { kind: 'template', parts, span }
}

// A byte order mark is not white space here, unlike in `String.prototype.trim`.
const SPACE = /[^\S\ufeff]/

function trimStart(text: string): string {
  let start = 0
  while (start < text.length && SPACE.test(text[start]!)) start++
  return text.slice(start)
}

function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && SPACE.test(text[end - 1]!)) end--
  return text.slice(0, end)
}

/** Removes the white space next to a `~`, in a heredoc up to the end of the line. */
function strip(elements: Element[]): void {
  elements.forEach((element, index) => {
    const before = elements[index - 1]
    const after = elements[index + 1]
    if (element.stripBefore && before?.kind === 'text') before.value = trimEnd(before.value)
    if (element.stripAfter && after?.kind === 'text') after.value = trimStart(after.value)
  })
}

/** Removes the common indentation from every line, ignoring empty lines. */
function outdent(elements: Element[]): void {
  let common = Number.POSITIVE_INFINITY
  const lines: (Element & { kind: 'text' })[] = []
  let lineStart = true
  for (const element of elements) {
    if (lineStart) {
      if (element.kind !== 'text') common = 0
      else if (trimStart(element.value) !== '' || !element.value.endsWith('\n')) {
        common = Math.min(common, element.value.length - trimStart(element.value).length)
        lines.push(element)
      }
    }
    lineStart = element.kind === 'text' && element.value.endsWith('\n')
  }
  if (Number.isFinite(common)) for (const line of lines) line.value = line.value.slice(common)
}

/** Pairs `if` with `endif` and `for` with `endfor`. An unpaired directive is reported once. */
class Tree {
  readonly #stream: TokenStream
  readonly #elements: Element[]
  #at = 0

  constructor(stream: TokenStream, elements: Element[]) {
    this.#stream = stream
    this.#elements = elements
  }

  read(): TemplatePart[] {
    const parts: TemplatePart[] = []
    for (;;) {
      parts.push(...this.#until([]))
      const stray = this.#elements[this.#at++]
      if (stray === undefined) return parts
      this.#stream.report(stray.span, {
        message: `unexpected template directive ${stray.kind}`,
        hint: stray.kind === 'endfor' ? 'no for is open here' : 'no if is open here',
      })
    }
  }

  /** Reads the parts up to an `else`, `endif` or `endfor`, which it leaves to the caller. */
  #until(parts: TemplatePart[]): TemplatePart[] {
    for (; this.#at < this.#elements.length; ) {
      const element = this.#elements[this.#at]!
      if (element.kind === 'else' || element.kind === 'endif' || element.kind === 'endfor') return parts
      this.#at++
      this.#part(element, parts)
    }
    return parts
  }

  #part(element: Element, parts: TemplatePart[]): void {
    switch (element.kind) {
      case 'text': {
        const last = parts.at(-1)
        if (last?.kind === 'text') {
          const span = { ...last.span, end: element.span.end }
          parts[parts.length - 1] = { kind: 'text', value: last.value + element.value, span }
        } else if (element.value !== '') {
          parts.push({ kind: 'text', value: element.value, span: element.span })
        }
        return
      }
      case 'interpolation':
        parts.push({ kind: 'interpolation', expression: element.expression, span: element.span })
        return
      case 'if': {
        const yes = this.#nested()
        const no: TemplatePart[] = []
        if (this.#accept('else')) no.push(...this.#nested())
        for (let again = this.#elements[this.#at]; this.#accept('else'); again = this.#elements[this.#at]) {
          this.#stream.report(again!.span, { message: 'a second else for the same if' })
          this.#nested()
        }
        parts.push({
          kind: 'if',
          condition: element.condition,
          whenTrue: yes,
          whenFalse: no,
          span: element.span,
        })
        this.#close(element, 'endif')
        return
      }
      case 'for': {
        const { variables, collection, span } = element
        parts.push({ kind: 'for', variables, collection, body: this.#nested(), span })
        this.#close(element, 'endfor')
        return
      }
      default:
    }
  }

  #nested(): TemplatePart[] {
    return this.#stream.nested(() => this.#until([]))
  }

  #accept(kind: Element['kind']): boolean {
    if (this.#elements[this.#at]?.kind !== kind) return false
    this.#at++
    return true
  }

  #close(open: Element, kind: 'endif' | 'endfor'): void {
    if (this.#accept(kind)) return
    // At the end of the template only the innermost open directive is reported; the rest follows from it.
    if (this.#at >= this.#elements.length && this.#atEndReported) return
    this.#atEndReported ||= this.#at >= this.#elements.length
    this.#stream.report(open.span, {
      message: `this template directive ${open.kind} is not closed`,
      expected: `%{ ${kind} }`,
    })
  }

  #atEndReported = false
}
