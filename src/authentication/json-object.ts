import type { Value } from '../core/value.js'

/** An object of JSON. */
export type JsonObject = { readonly [name: string]: Value }

/**
 * Parses an object of JSON whose members all have different names. `JSON.parse` keeps the last of several members with
 * one name where other parsers keep the first, so that two readers of one token could see different claims.
 * @returns `undefined` if the text is anything else
 */
export function parseObject(text: string): JsonObject | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || hasDuplicate(text))
    return undefined
  return value as JsonObject
}

/** Tells whether an object in a text has two members of one name, at any depth. @param json valid JSON */
function hasDuplicate(json: string): boolean {
  /** The names in each open object; `undefined` for an open array. */
  const open: (Set<string> | undefined)[] = []
  for (let i = 0; i < json.length; i++)
    switch (json[i]) {
      case '{':
        open.push(new Set())
        break
      case '[':
        open.push(undefined)
        break
      case '}':
      case ']':
        open.pop()
        break
      case '"': {
        const end = endOfText(json, i)
        // Only a name is followed by a colon.
        if (isBeforeColon(json, end)) {
          const name = JSON.parse(json.slice(i, end)) as string
          const names = open.at(-1)!
          if (names.has(name)) return true
          names.add(name)
        }
        i = end - 1
      }
    }
  return false
}

/** Returns the position behind the closing quotation mark of the text that begins at `start`. */
function endOfText(json: string, start: number): number {
  let at = start + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

function isBeforeColon(json: string, from: number): boolean {
  let at = from
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at++
  return json[at] === ':'
}
