import { JqError } from '../errors.js'
import { type Json, put } from './json.js'

const MAX_DEPTH = 10_000
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const NAMED: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['inf', Number.POSITIVE_INFINITY],
])

/** Parses a number as jq does; `undefined` if it is not a number. */
export function parseNumber(text: string): number | undefined {
  if (NUMBER.test(text)) return clamp(Number(text))
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  const named = NAMED.get(text.slice(sign.length).toLowerCase())
  return named === undefined ? undefined : sign === '-' ? -named : named
}

function clamp(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
}

/** Parses JSON and the extensions of jq: `nan`, leading zeros. @throws JqError with the message of jq */
export function parseJson(text: string): Json {
  try {
    const value = JSON.parse(text) as Json
    // `JSON.parse` reads numbers that are too large as infinity, and accepts any depth.
    if (!/[eE]|\d{300}|\[{9}|\{"[^"]*":\{/.test(text)) return value
  } catch {
    // The reader below either accepts the text or reports the fault.
  }
  return new Reader(text).read()
}

/** Reads the extensions of jq, and reports faults with the messages of jq. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): Json {
    this.#space()
    if (this.#at >= this.#text.length) throw this.#error('Expected JSON value', false)
    const value = this.#value(1)
    this.#space()
    if (this.#at < this.#text.length) throw this.#error('Unexpected extra JSON values', false)
    return value
  }

  #value(depth: number): Json {
    const mark = this.#text[this.#at]
    if (mark === undefined) throw this.#unfinished()
    if (mark === '"') return this.#string()
    if (mark !== '[' && mark !== '{') return this.#word()
    if (depth > MAX_DEPTH) throw this.#error('Exceeds depth limit for parsing')
    this.#at++
    return mark === '[' ? this.#array(depth) : this.#object(depth)
  }

  #array(depth: number): Json {
    const items: Json[] = []
    this.#space()
    if (this.#take(']')) return items
    for (;;) {
      this.#space()
      if (this.#text[this.#at] === ']') throw this.#error('Expected another array element', true, 1)
      items.push(this.#value(depth + 1))
      this.#space()
      if (this.#take(']')) return items
      this.#separator()
    }
  }

  #object(depth: number): Json {
    const object: Record<string, Json> = {}
    this.#space()
    if (this.#take('}')) return object
    for (;;) {
      this.#space()
      const mark = this.#text[this.#at]
      if (mark === '}') throw this.#error('Expected another key-value pair', true, 1)
      if (mark === undefined) throw this.#unfinished()
      const key = this.#value(depth + 1)
      this.#space()
      if (typeof key !== 'string') throw this.#error('Object keys must be strings', true, 1)
      if (!this.#take(':')) {
        if (this.#at >= this.#text.length) throw this.#unfinished()
        throw this.#error('Objects must consist of key:value pairs', true, 1)
      }
      this.#space()
      put(object, key, this.#value(depth + 1))
      this.#space()
      if (this.#take('}')) return object
      this.#separator()
    }
  }

  #separator(): void {
    if (this.#take(',')) return
    if (this.#at >= this.#text.length) throw this.#unfinished()
    throw this.#error('Expected separator between values', true, 1)
  }

  #string(): string {
    const end = /"(?:[^"\\]|\\[\s\S])*"/y
    end.lastIndex = this.#at
    const raw = end.exec(this.#text)?.[0]
    if (raw === undefined) {
      this.#at = this.#text.length
      throw this.#error('Unfinished string at EOF')
    }
    this.#at += raw.length
    try {
      return JSON.parse(raw.replace(/[\n\r\t]/g, (mark) => JSON.stringify(mark).slice(1, -1))) as string
    } catch {
      throw this.#error('Invalid escape')
    }
  }

  #word(): Json {
    const pattern = /[^\s[\]{}:,"]+/y
    pattern.lastIndex = this.#at
    const word = pattern.exec(this.#text)?.[0] ?? ''
    const start = this.#at
    this.#at += word.length
    if (word === 'null') return null
    if (word === 'true' || word === 'false') return word === 'true'
    const number = parseNumber(word)
    if (number !== undefined) return number
    if (word.startsWith("'")) throw this.#error(`Invalid string literal; expected ", but got '`, true, 1)
    if (word === '') throw this.#error(`Unmatched '${this.#text[start]}'`, true, 1)
    const atEnd = this.#at >= this.#text.length ? ' at EOF' : ''
    throw this.#error(
      `${/^[tfn]/.test(word) ? 'Invalid literal' : 'Invalid numeric literal'}${atEnd}`,
      true,
      atEnd === '' ? 1 : 0,
    )
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #take(mark: string): boolean {
    if (this.#text[this.#at] !== mark) return false
    this.#at++
    return true
  }

  #unfinished(): JqError {
    this.#at = this.#text.length
    return this.#error('Unfinished JSON term at EOF')
  }

  #error(message: string, withPlace = true, ahead = 0): JqError {
    const before = this.#text.slice(0, this.#at + ahead)
    const line = before.split('\n').length
    const place = withPlace
      ? ` at line ${line}, column ${Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1))}`
      : ''
    return new JqError(`${message}${place} (while parsing '${this.#text}')`)
  }
}
