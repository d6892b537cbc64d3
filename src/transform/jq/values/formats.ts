import { JqError } from '../errors.js'
import { isArray, type Json } from './json.js'
import { describe, dump } from './text.js'

/** Formats a value as a string. @throws JqError if it cannot */
export type Format = (value: Json) => string

const HTML: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&apos;',
  '"': '&quot;',
}

/** The formats of `@name` and `format("name")`. */
export const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['text', textOf],
  ['json', dump],
  ['csv', (value) => row(value, 'csv', (text) => `"${text.replaceAll('"', '""')}"`, ',')],
  ['tsv', (value) => row(value, 'tsv', escapedTab, '\t')],
  ['html', (value) => textOf(value).replace(/[<>&'"]/g, (mark) => HTML[mark] as string)],
  ['uri', (value) => percentEncoded(textOf(value))],
  ['urid', (value) => percentDecoded(textOf(value))],
  ['sh', (value) => (isArray(value) ? value.map(shellWord).join(' ') : shellWord(value))],
  ['base64', (value) => Buffer.from(textOf(value)).toString('base64')],
  ['base64d', (value) => decodedBase64(textOf(value))],
])

/** Text as it is, everything else as JSON. */
export function textOf(value: Json): string {
  return typeof value === 'string' ? value : dump(value)
}

function row(value: Json, format: string, quote: (text: string) => string, separator: string): string {
  if (!isArray(value)) throw new JqError(`${describe(value)} cannot be ${format}-formatted, only array`)
  const cells = value.map((cell) => {
    if (cell === null) return ''
    if (typeof cell === 'string') return quote(cell)
    if (typeof cell === 'object') throw new JqError(`${describe(cell)} is not valid in a csv row`)
    return Number.isNaN(cell) ? '' : dump(cell)
  })
  return cells.join(separator)
}

function escapedTab(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
}

function shellWord(value: Json): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "'\\''")}'`
  if (typeof value === 'object' && value !== null)
    throw new JqError(`${describe(value)} can not be escaped for shell`)
  return dump(value)
}

function percentEncoded(text: string): string {
  let encoded = ''
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte)
    encoded += /[A-Za-z0-9\-._~]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

function percentDecoded(text: string): string {
  const bytes: number[] = []
  const source = Buffer.from(text)
  for (let index = 0; index < source.length; index++) {
    const byte = source[index] as number
    if (byte !== 0x25) bytes.push(byte)
    else {
      const digits = source.toString('latin1', index + 1, index + 3)
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) throw invalidUri(text)
      bytes.push(Number.parseInt(digits, 16))
      index += 2
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  } catch {
    throw invalidUri(text)
  }
}

function invalidUri(text: string): JqError {
  return new JqError(`${describe(text)} is not a valid uri encoding`)
}

function decodedBase64(text: string): string {
  const digits = text.replace(/=+$/, '')
  if (!/^[A-Za-z0-9+/]*$/.test(digits)) throw new JqError(`${describe(text)} is not valid base64 data`)
  if (digits.length % 4 === 1) throw new JqError(`${describe(text)} trailing base64 byte found`)
  return Buffer.from(digits, 'base64').toString()
}
