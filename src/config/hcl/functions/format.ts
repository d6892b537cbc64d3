import { toBoolean, toNumber, toText } from '../convert.js'
import type { HclValue } from '../values.js'
import { FunctionFault } from './define.js'

const VERB = /%(?:%|([-+ 0#]*)(\d*)(?:\.(\d+))?(?:\[(\d+)\])?([a-zA-Z]))|%/g
const MAX_WIDTH = 1000

/** Formats values by the verbs of a template: %s %d %f %q %t %v %x …, with flags, width, precision and `%[2]s`. */
export function formatText(template: string, values: readonly HclValue[]): string {
  let next = 0
  let used = 0
  const text = template.replace(
    VERB,
    (all, flags?: string, width?: string, precision?: string, index?: string, verb?: string) => {
      if (all === '%%') return '%'
      if (verb === undefined)
        throw new FunctionFault('a % without a verb; write %% for a percent sign', { argument: 0 })
      if (index !== undefined) next = Number(index) - 1
      // The template is argument 0, so that values start at 1.
      const argument = next + 1
      const value = values[next++]
      used = Math.max(used, next)
      if (value === undefined) throw new FunctionFault(`missing value for ${all}`, { argument: 0 })
      if (Number(width) > MAX_WIDTH || Number(precision) > 100) {
        throw new FunctionFault('the width or precision is too large', { argument: 0 })
      }
      const places = precision === undefined ? undefined : Number(precision)
      return pad(render(verb, value, places, flags ?? '', argument), flags ?? '', Number(width ?? 0), verb)
    },
  )
  if (used < values.length && values.length > 0) {
    throw new FunctionFault('more values than verbs', { argument: used + 1 })
  }
  return text
}

function pad(text: string, flags: string, width: number, verb: string): string {
  if (flags.includes('-')) return text.padEnd(width)
  if (!flags.includes('0') || !/[dfeEgGxXob]/.test(verb)) return text.padStart(width)
  const sign = /^[-+ ]/.test(text) ? text[0]! : ''
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}

function render(
  verb: string,
  value: HclValue,
  places: number | undefined,
  flags: string,
  argument: number,
): string {
  const fault = (expected: string) => new FunctionFault(`%${verb} does not fit`, { argument, expected })
  switch (verb) {
    case 's':
    case 'q': {
      const text = toText(value)
      if (text === undefined) throw fault('a string, a number or a boolean')
      const cut = places === undefined ? text : [...text].slice(0, places).join('')
      return verb === 'q' ? JSON.stringify(cut) : cut
    }
    case 't': {
      const boolean = toBoolean(value)
      if (boolean === undefined) throw fault('true or false')
      return String(boolean)
    }
    case 'v':
      return typeof value === 'string' ? value : flags.includes('#') ? JSON.stringify(value) : plain(value)
    default: {
      const number = toNumber(value)
      if (number === undefined) throw fault('a number')
      const text = renderNumber(verb, number, places)
      if (text === undefined) throw new FunctionFault(`unknown verb %${verb}`, { argument: 0 })
      if (number < 0) return text
      return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text
    }
  }
}

function plain(value: HclValue): string {
  return toText(value) ?? JSON.stringify(value)
}

function renderNumber(verb: string, number: number, places: number | undefined): string | undefined {
  switch (verb) {
    case 'd':
      return String(Math.trunc(number))
    case 'f':
      return number.toFixed(places ?? 6)
    case 'e':
    case 'E': {
      // The exponent has at least two digits, as in Go and C.
      const text = number.toExponential(places ?? 6).replace(/([+-])(\d)$/, '$10$2')
      return verb === 'E' ? text.toUpperCase() : text
    }
    case 'g':
    case 'G':
      return places === undefined ? String(number) : String(Number(number.toPrecision(Math.max(places, 1))))
    case 'x':
      return Math.trunc(number).toString(16)
    case 'X':
      return Math.trunc(number).toString(16).toUpperCase()
    case 'o':
      return Math.trunc(number).toString(8)
    case 'b':
      return Math.trunc(number).toString(2)
    default:
      return undefined
  }
}
