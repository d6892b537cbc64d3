import { type HclObject, type HclValue, isObject, setKey } from './values.js'

/**
 * Converts all strings and keys of a value to Normalization Form C, so that texts that look the same are equal. It
 * does not recurse, because a value from outside may be nested deeper than the call stack allows.
 */
export function inNormalForm(value: HclValue): HclValue {
  const pending: (() => void)[] = []
  const copy = (from: HclValue): HclValue => {
    if (typeof from === 'string') return from.normalize('NFC')
    if (Array.isArray(from)) {
      const to: HclValue[] = []
      pending.push(() => {
        for (const item of from) to.push(copy(item))
      })
      return to
    }
    if (!isObject(from)) return from
    const to: HclObject = {}
    pending.push(() => {
      for (const [key, item] of Object.entries(from)) setKey(to, key.normalize('NFC'), copy(item))
    })
    return to
  }
  const copied = copy(value)
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) next()
  return copied
}
