import { many } from '../compile/compiled.js'
import { isMatch, type Match, matchesIn } from '../regex/match.js'
import { slice } from '../values/access.js'
import { add } from '../values/arithmetic.js'
import { type Json, put } from '../values/json.js'
import type { Form } from './form.js'
import type { ValueFunction } from './values.js'

/** `name/arity` of the functions that match regular expressions. The rest of them is in the prelude. */
export const MATCHING: Readonly<Record<string, ValueFunction>> = {
  '_matches/3': (input, [regex, modifiers, all], budget) =>
    matchesIn(input, regex as Json, modifiers as Json, all === true, budget),
  'test/1': (input, [regex], budget) => isMatch(input, regex as Json, null, budget),
  'test/2': (input, [regex, modifiers], budget) => isMatch(input, regex as Json, modifiers as Json, budget),
  'split/2': (input, [regex, modifiers], budget) => {
    const parts: Json[] = []
    let from = 0
    for (const { offset, length } of matchesIn(input, regex as Json, modifiers as Json, true, budget)) {
      parts.push(slice(input, from, offset))
      from = offset + length
    }
    return [...parts, slice(input, from, null)]
  },
}

/** `sub(regex; replacement; modifiers)`: the n-th result has the n-th values of the replacements. */
export const SUBSTITUTION: Readonly<Record<string, Form>> = {
  '_sub/3': ([regex, replacement, modifiers], { budget }) =>
    many((input, env, emit) =>
      regex.each(input, env, (source) =>
        modifiers.each(input, env, (flags) => {
          const results: Json[] = []
          let from = 0
          for (const match of matchesIn(input, source, flags, false, budget)) {
            const gap = slice(input, from, match.offset)
            let index = 0
            replacement.each(captured(match), env, (text) => {
              results[index] = add(results[index] ?? null, add(gap, text, budget), budget)
              index++
            })
            from = match.offset + match.length
          }
          const rest = slice(input, from, null)
          if (results.length === 0) emit(input)
          for (const result of results) emit(add(result, rest, budget))
        }),
      ),
    ),
}

/** The named captures of a match, as an object. */
function captured({ captures }: Match): Json {
  const object: Record<string, Json> = {}
  for (const { name, string } of captures) if (name !== null) put(object, name, string)
  return object
}
