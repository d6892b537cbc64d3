import type { HclFunction } from '../values.js'
import { entries, type HclValue, isObject, setKey } from '../values.js'
import { FunctionFault, hclFunction } from './define.js'

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function decodeBase64(text: string): string {
  const clean = text.replace(/[\r\n]/g, '')
  if (!BASE64.test(clean)) throw new FunctionFault('invalid Base64', { argument: 0 })
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(clean, 'base64'))
  } catch {
    throw new FunctionFault('the decoded bytes are not UTF-8 text', { argument: 0 })
  }
}

function decodeJson(text: string): HclValue {
  try {
    return JSON.parse(text) as HclValue
  } catch {
    // The parser's error quotes the text, which may be secret.
    throw new FunctionFault('invalid JSON', { argument: 0 })
  }
}

/** Sorts keys, so that equal values have equal encodings. */
function sorted(value: HclValue): HclValue {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const object = {}
  for (const [key, item] of entries(value)) setKey(object, key, sorted(item))
  return object
}

/** Functions that encode and decode values. */
export const encodingFunctions: Record<string, HclFunction> = {
  jsonencode: hclFunction('jsonencode(value)', ['any'], ([value]) => JSON.stringify(sorted(value))),
  jsondecode: hclFunction('jsondecode(text)', ['string'], ([text]) => decodeJson(text)),
  base64encode: hclFunction('base64encode(text)', ['string'], ([text]) =>
    Buffer.from(text, 'utf8').toString('base64'),
  ),
  base64decode: hclFunction('base64decode(text)', ['string'], ([text]) => decodeBase64(text)),
}
