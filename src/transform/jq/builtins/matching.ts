import { many } from '../compile/compiled.js'
import { cutsIn, isMatch, matchesIn } from '../regex/match.js'
import { add } from '../values/arithmetic.js'
import type { Json } from '../values/json.js'
import type { Form } from './form.js'
import type { ValueFunction } from './values.js'

/** `name/arity` of the functions that match regular expressions. The others are in the prelude. */
export const MATCHING: Readonly<Record<string, ValueFunction>> = {
  '_matches/3': (input, [regex, modifiers, all], budget) =>
    matchesIn(input, regex as Json, modifiers as Json, all === true, budget),
  'test/1': (input, [regex], budget) => isMatch(input, regex as Json, null, budget),
  'test/2': (input, [regex, modifiers], budget) => isMatch(input, regex as Json, modifiers as Json, budget),
  'split/2': (input, [regex, modifiers], budget) => {
    const { text, cuts } = cutsIn(input, regex as Json, modifiers as Json, true, budget)
    const parts: Json[] = []
    let from = 0
    for (const { start, end } of cuts) {
      parts.push(text.slice(from, start))
      from = end
    }
    return [...parts, text.slice(from)]
  },
}

/** `sub(regex; replacement; modifiers)`: the n-th result has the n-th values of the replacements. */
export const SUBSTITUTION: Readonly<Record<string, Form>> = {
  '_sub/3': ([regex, replacement, modifiers], { budget }) =>
    many((input, env, emit) =>
      regex.each(input, env, (source) =>
        modifiers.each(input, env, (flags) => {
          const results: string[] = []
          let from = 0
          const { text, cuts } = cutsIn(input, source, flags, false, budget)
          for (const cut of cuts) {
            const gap = text.slice(from, cut.start)
            let index = 0
            replacement.each(cut.captured(), env, (part) => {
              results[index] = (results[index] ?? '') + add(gap, part, budget)
              index++
            })
            from = cut.end
          }
          const rest = text.slice(from)
          if (results.length === 0) emit(input)
          for (const result of results) emit(result + rest)
        }),
      ),
    ),
}
