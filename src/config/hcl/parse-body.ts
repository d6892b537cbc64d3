import type { Attribute, Block, Body, Expression } from './ast.js'
import { beginsDeeper, parseHeader, resumeHeader } from './parse-header.js'
import type { ReadExpression } from './parse-template.js'
import { beginsItem, skipBraces, skipItem } from './recovery.js'
import type { Span } from './source.js'
import { type TokenStream, Unreadable } from './token-stream.js'
import { describeToken, type Token } from './tokens.js'

/** What ends the body: the end of the file or a brace. */
type Until = 'end' | '}'

/** Reads arguments and blocks up to the closing brace or the end of the file, which it leaves unread. */
export function parseBody(stream: TokenStream, until: Until, read: ReadExpression): Body {
  return new BodyParser(stream, read).body(until)
}

class BodyParser {
  readonly #stream: TokenStream
  readonly #read: ReadExpression

  constructor(stream: TokenStream, read: ReadExpression) {
    this.#stream = stream
    this.#read = read
  }

  body(until: Until): Body {
    const stream = this.#stream
    const start = stream.peek().span
    const body = emptyBody({ ...start, end: start.start })
    const named = new Map<string, Attribute>()
    for (;;) {
      const token = stream.peek()
      if (token.kind === 'end' || (token.kind === '}' && until === '}')) break
      if (token.kind === 'newline') stream.next()
      else this.#item(body, named, until)
    }
    return { ...body, span: stream.spanFrom(body.span) }
  }

  /** Reads one argument or block. Always consumes at least one token. */
  #item(body: Body, named: Map<string, Attribute>, until: Until): void {
    const stream = this.#stream
    const token = stream.peek()
    if (token.kind === '}') {
      stream.next()
      stream.report(token.span, {
        message: 'unexpected `}`',
        hint: 'no block is open here',
      })
      // Braces that follow directly have the same cause, such as a header lost in a comment.
      while (stream.is('}') || stream.is('newline')) stream.next()
      return
    }
    if (token.kind !== 'identifier') {
      this.#notAnItem(token)
      const before = stream.index
      const header = resumeHeader(stream, token, [])
      if (header !== undefined) this.#inside(token, header.open, until)
      else if (stream.index === before) stream.next()
      return
    }
    stream.next()
    if (stream.is('=')) {
      const attribute = this.#attribute(token)
      this.#keep(body, named, attribute)
      if (attribute.expression.kind === 'invalid') this.#skip(token, until)
      else this.#endOfLine(token, 'an argument', until)
    } else {
      const block = this.#block(token, until)
      if (block === undefined) return
      body.items.push(block)
      body.blocks.push(block)
    }
  }

  #notAnItem(token: Token): void {
    const quoted = token.kind === 'quote'
    this.#stream.reportUnexpected(
      'the name of an argument or a block',
      quoted ? { hint: 'names are not quoted' } : {},
    )
  }

  #attribute(name: Token): Attribute {
    const stream = this.#stream
    stream.next()
    const expression = this.#value(name)
    return {
      kind: 'attribute',
      name: stream.text(name),
      nameSpan: name.span,
      expression,
      span: stream.spanFrom(name.span),
    }
  }

  #value(name: Token): Expression {
    const stream = this.#stream
    try {
      return stream.within(false, () => this.#read(stream))
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      this.#skip(name, '}')
      return { kind: 'invalid', span: stream.spanFrom(name.span) }
    }
  }

  #keep(body: Body, named: Map<string, Attribute>, attribute: Attribute): void {
    const first = named.get(attribute.name)
    if (first === undefined) {
      named.set(attribute.name, attribute)
      body.items.push(attribute)
      body.attributes.push(attribute)
      return
    }
    const { line } = first.nameSpan.source.position(first.nameSpan.start)
    this.#stream.report(attribute.nameSpan, {
      message: `the argument "${attribute.name}" is already set on line ${line}`,
      hint: 'an argument can be set once; remove one of them',
    })
  }

  #block(type: Token, until: Until): Block | undefined {
    const stream = this.#stream
    const header = parseHeader(stream, type)
    if (header === undefined) return undefined
    const body = this.#inside(type, header.open, until)
    const span = { ...type.span, end: Math.max(body.span.end, type.span.end) }
    return { kind: 'block', type: stream.text(type), typeSpan: type.span, labels: header.labels, body, span }
  }

  /** Reads the content of a block, its braces, and the end of the line. */
  #inside(type: Token, open: Span, until: Until): Body {
    const stream = this.#stream
    let body = emptyBody(open)
    const start = stream.index - 1
    try {
      body = stream.nested(() => this.#content(type, open))
    } catch (error) {
      // Only a block that is nested too deep cannot be read at all.
      if (!(error instanceof Unreadable)) throw error
      stream.index = start
      skipBraces(stream)
    }
    const whole = { ...body, span: stream.spanFrom(open) }
    this.#endOfLine(type, 'a block', until)
    return whole
  }

  /** Reads the content between the braces, and the closing one. */
  #content(type: Token, open: Span): Body {
    const stream = this.#stream
    if (stream.is('newline') || stream.is('end')) return this.#lines(type, open)
    return this.#singleLine(type, open)
  }

  #lines(type: Token, open: Span): Body {
    const body = this.body('}')
    this.#close(type, open)
    return body
  }

  #close(type: Token, open: Span): void {
    const stream = this.#stream
    const token = stream.accept('}')
    if (token !== undefined) {
      const { source } = token.span
      const column = source.position(type.span.start).column
      if (token.lineStart && source.position(token.span.start).column < column) stream.suspect ??= type.span
      return
    }
    if (stream.unclosedBlock) return
    stream.unclosedBlock = true
    const { suspect } = stream
    const line = suspect?.source.position(suspect.start).line
    const hint =
      suspect &&
      `by the indentation it is the block "${stream.text({ ...type, span: suspect })}" of line ${line}`
    stream.report(open, { message: 'this block is not closed', expected: '`}`', ...(hint ? { hint } : {}) })
  }

  /** Reads `type { name = value }`: at most one argument, with the brace on the same line. */
  #singleLine(type: Token, open: Span): Body {
    const stream = this.#stream
    const start = stream.peek()
    const body = emptyBody({ ...start.span, end: start.span.start })
    if (stream.accept('}')) return body
    const named = new Map<string, Attribute>()
    if (start.kind === 'identifier') {
      stream.next()
      if (stream.is('=')) {
        this.#keep(body, named, this.#attribute(start))
        if (stream.accept('}')) return body
        const faulty = body.attributes[0]!.expression.kind === 'invalid'
        const hint = stream.is('newline')
          ? 'close the block on the line of the {, or begin the argument on a new line'
          : 'a block on one line has one argument; write each argument on a separate line'
        if (!faulty && !stream.is('end')) stream.reportUnexpected('`}`', { hint })
      } else {
        stream.report(start.span, {
          message: 'a block on one line can only contain an argument',
          expected: '`=` and a value',
          found: describeToken(stream.peek()),
          hint: 'write the content on separate lines',
        })
      }
    } else {
      this.#notAnItem(start)
      stream.next()
    }
    this.#skip(type, '}')
    const { column } = type.span.source.position(type.span.start)
    // Lines that are not indented belong to the outer block: the brace was superfluous.
    if (
      stream.is('newline') &&
      beginsItem(stream, stream.index + 1) &&
      !beginsDeeper(stream, stream.index, column)
    ) {
      return body
    }
    const rest = this.#lines(type, open)
    for (const attribute of rest.attributes) this.#keep(body, named, attribute)
    body.blocks.push(...rest.blocks)
    body.items.push(...rest.blocks)
    return { ...body, span: stream.spanFrom(body.span) }
  }

  #endOfLine(item: Token, what: string, until: Until): void {
    const stream = this.#stream
    if (stream.is('newline') || stream.is('end')) return
    stream.reportUnexpected('the end of the line', { hint: `${what} ends with its line` })
    // Leaves a closing brace, which ends the outer block.
    if (!stream.is('}')) stream.next()
    this.#skip(item, until)
  }

  /** Skips to the end of the line. A brace found there closes the outer block, if there is one. */
  #skip(item: Token, until: Until): void {
    const stream = this.#stream
    const { column } = item.span.source.position(item.span.start)
    skipItem(stream, column)
    while (until === 'end' && stream.is('}')) {
      stream.next()
      skipItem(stream, column)
    }
  }
}

function emptyBody(span: Span): Body {
  return { kind: 'body', items: [], attributes: [], blocks: [], span }
}
