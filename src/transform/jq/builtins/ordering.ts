import { charge } from '../budget.js'
import { iterate } from '../compile/access.js'
import { single } from '../compile/compiled.js'
import { collect } from '../compile/construct.js'
import { JqError } from '../errors.js'
import { compare } from '../values/compare.js'
import { isArray, type Json } from '../values/json.js'
import { describe } from '../values/text.js'
import type { Form } from './form.js'

interface Keyed {
  readonly value: Json
  readonly key: Json
}

/** Functions that sort, group or select elements by the values of a filter. */
export const ORDERING: Readonly<Record<string, Form>> = {
  'sort_by/1': by('sorted', (items) => sorted(items).map(({ value }) => value)),
  'group_by/1': by('sorted', (items) =>
    grouped(sorted(items)).map((group) => group.map(({ value }) => value)),
  ),
  'unique_by/1': by('sorted', (items) => grouped(sorted(items)).map(([first]) => (first as Keyed).value)),
  'min_by/1': by('iterated over', (items) => extreme(items, (difference) => difference < 0)),
  'max_by/1': by('iterated over', (items) => extreme(items, (difference) => difference >= 0)),
}

function by(verb: string, choose: (items: Keyed[]) => Json): Form {
  return ([filter], { budget }) =>
    single((input, env) => {
      const keys: Json[] = []
      iterate(input, budget, (value) => keys.push(collect(filter.each, value, env, budget)))
      if (!isArray(input)) throw cannotBe(verb, input, keys)
      charge(budget, input.length * Math.ceil(Math.log2(input.length + 1)))
      return choose(input.map((value, index) => ({ value, key: keys[index] as Json })))
    })
}

function cannotBe(verb: string, input: Json, keys: Json): JqError {
  const why = verb === 'iterated over' ? '' : ', as they are not both arrays'
  return new JqError(`${describe(input)} and ${describe(keys)} cannot be ${verb}${why}`)
}

function sorted(items: Keyed[]): Keyed[] {
  return items.sort((left, right) => compare(left.key, right.key))
}

function grouped(items: readonly Keyed[]): Keyed[][] {
  const groups: Keyed[][] = []
  for (const item of items) {
    const group = groups.at(-1)
    if (group?.[0] !== undefined && compare(group[0].key, item.key) === 0) group.push(item)
    else groups.push([item])
  }
  return groups
}

function extreme(items: readonly Keyed[], isBetter: (difference: number) => boolean): Json {
  let best: Keyed | undefined
  for (const item of items) if (best === undefined || isBetter(compare(item.key, best.key))) best = item
  return best?.value ?? null
}
