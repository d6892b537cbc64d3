import { isArray, type Json, typeOf } from './json.js'

/** jq prints values that are nested deeper than this as `<skipped: too deep>`. */
const MAX_PRINT_DEPTH = 10_000
const MAX_ERROR_BYTES = 29

/** The text of a number as jq prints it: the shortest that reads back, NaN as `null`, infinities as the largest. */
function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return Object.is(value, -0) ? '-0' : String(value)
  if (Number.isNaN(value)) return 'null'
  if (value === Number.POSITIVE_INFINITY) return String(Number.MAX_VALUE)
  if (value === Number.NEGATIVE_INFINITY) return String(-Number.MAX_VALUE)
  const [mantissa = '', exponentText = '0'] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  // The number of digits before the decimal point.
  const point = Number(exponentText) + 1
  const sign = value < 0 ? '-' : ''
  if (point <= -4 || point > digits.length + 15) {
    const exponent = Math.abs(point - 1)
    return `${sign}${mantissa}e${point > 0 ? '+' : '-'}${exponent < 10 ? '0' : ''}${exponent}`
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** JSON without spaces, as `tojson` writes it. */
export function dump(value: Json): string {
  return isPlain(value) ? JSON.stringify(value) : write(value, 0)
}

/** Whether `JSON.stringify` writes the value as jq does. */
function isPlain(value: Json): boolean {
  return typeof value === 'string' ? !value.includes('\u007f') : typeof value === 'boolean' || value === null
}

function write(value: Json, depth: number): string {
  if (depth > MAX_PRINT_DEPTH) return '<skipped: too deep>'
  switch (typeof value) {
    case 'number':
      return numberText(value)
    case 'string':
      return quoted(value)
    case 'boolean':
      return value ? 'true' : 'false'
  }
  if (value === null) return 'null'
  if (isArray(value)) {
    let text = '['
    for (let index = 0; index < value.length; index++)
      text += (index === 0 ? '' : ',') + write(value[index] as Json, depth + 1)
    return `${text}]`
  }
  let text = '{'
  for (const key of Object.keys(value))
    text += `${text === '{' ? '' : ','}${quoted(key)}:${write(value[key] as Json, depth + 1)}`
  return `${text}}`
}

function quoted(text: string): string {
  const json = JSON.stringify(text)
  return json.includes('\u007f') ? json.replaceAll('\u007f', '\\u007f') : json
}

/** A value as error messages show it: its type, and its JSON, cut to 29 bytes. */
export function describe(value: Json): string {
  return `${typeOf(value)} (${cut(dump(value))})`
}

/** Cuts a text to 29 bytes. Keeps a bracket or quote at the end. */
export function cut(text: string): string {
  if (text.length <= MAX_ERROR_BYTES && Buffer.byteLength(text) <= MAX_ERROR_BYTES) return text
  const last = text.at(-1) ?? ''
  const close = '"]})'.includes(last) ? last : ''
  const room = MAX_ERROR_BYTES - 3 - close.length
  let kept = ''
  let bytes = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > room) break
    kept += character
  }
  return `${kept}...${close}`
}
