import { charge } from '../budget.js'
import { type Compiled, type EmitPath, type Env, many, single } from '../compile/compiled.js'
import { untilBreak } from '../compile/control.js'
import type { Path } from '../compile/path.js'
import { JqError } from '../errors.js'
import { add } from '../values/arithmetic.js'
import { isTrue, type Json } from '../values/json.js'
import { describe } from '../values/text.js'
import type { Form } from './form.js'

/** Loops that run in constant stack: `range`, `repeat`, `while`, `until`, and functions that count values. */
export const LOOPS: Readonly<Record<string, Form>> = {
  'range/1': ([to], { budget }) =>
    many((input, env, emit) =>
      to.each(input, env, (end) =>
        range(0, end, 1, (value) => {
          charge(budget, 1)
          emit(value)
        }),
      ),
    ),
  'range/2': ([from, to], { budget }) =>
    many((input, env, emit) =>
      from.each(input, env, (start) =>
        to.each(input, env, (end) =>
          range(start, end, 1, (value) => {
            charge(budget, 1)
            emit(value)
          }),
        ),
      ),
    ),
  'range/3': ([from, to, by], { budget }) =>
    many((input, env, emit) =>
      from.each(input, env, (start) =>
        to.each(input, env, (end) =>
          by.each(input, env, (pace) =>
            range(start, end, pace, (value) => {
              charge(budget, 1)
              emit(value)
            }),
          ),
        ),
      ),
    ),
  'repeat/1': ([filter], { budget }) => repeated(filter, () => charge(budget, 1)),
  'while/2': ([condition, filter], { budget }) => rounds(condition, filter, () => charge(budget, 1)),
  'until/2': ([condition, filter], { budget }) => until(condition, filter, () => charge(budget, 1)),
  'limit/2': ([count, filter]) => counted(count, 'limit', (allowed, run) => limited(allowed, run), filter),
  'skip/2': ([count, filter]) => counted(count, 'skip', (allowed, run) => skipped(allowed, run), filter),
  'last/1': ([filter]) => last(filter),
  'add/1': ([filter], { budget }) =>
    single((input, env) => {
      const parts: Json[] = []
      filter.each(input, env, (value) => {
        charge(budget, 1)
        parts.push(value)
      })
      return sum(parts, (left, right) => add(left, right, budget))
    }),
}

/** @throws JqError if a bound is not a number */
function range(from: Json, to: Json, by: Json, emit: (value: number) => void): void {
  if (typeof from !== 'number' || typeof to !== 'number' || typeof by !== 'number')
    throw new JqError('Range bounds must be numeric')
  if (by > 0) for (let value = from; value < to; value += by) emit(value)
  else if (by < 0) for (let value = from; value > to; value += by) emit(value)
}

/** Yields the results of the filter for the input, again and again, indefinitely. */
function repeated({ each, paths }: Compiled, tick: () => void): Compiled {
  return {
    one: undefined,
    each: (input, env, emit) => {
      for (;;) {
        tick()
        each(input, env, emit)
      }
    },
    paths: (path, input, env, emit) => {
      for (;;) {
        tick()
        paths(path, input, env, emit)
      }
    },
  }
}

/** Yields the input, then the result of the filter for it, and so on, while the condition holds. */
function rounds(condition: Compiled, filter: Compiled, tick: () => void): Compiled {
  const goesOn = (value: Json, env: Env | undefined, then: () => void) =>
    condition.each(value, env, (holds) => {
      if (isTrue(holds)) then()
    })
  const [oneCondition, oneFilter] = [condition.one, filter.one]
  const each = (input: Json, env: Env | undefined, emit: (value: Json) => void): void => {
    if (oneCondition && oneFilter) {
      for (let value = input; isTrue(oneCondition(value, env)); value = oneFilter(value, env)) {
        tick()
        emit(value)
      }
      return
    }
    tick()
    goesOn(input, env, () => {
      emit(input)
      filter.each(input, env, (next) => each(next, env, emit))
    })
  }
  const paths = (path: Path, input: Json, env: Env | undefined, emit: EmitPath): void => {
    tick()
    goesOn(input, env, () => {
      emit(path, input)
      filter.paths(path, input, env, (to, next) => paths(to, next, env, emit))
    })
  }
  return { one: undefined, each, paths }
}

/** Applies the filter repeatedly until the condition holds, and yields the last result. */
function until(condition: Compiled, filter: Compiled, tick: () => void): Compiled {
  const [oneCondition, oneFilter] = [condition.one, filter.one]
  if (oneCondition && oneFilter)
    return single((input, env) => {
      let value = input
      while (!isTrue(oneCondition(value, env))) {
        tick()
        value = oneFilter(value, env)
      }
      return value
    })
  const each = (input: Json, env: Env | undefined, emit: (value: Json) => void): void => {
    tick()
    condition.each(input, env, (holds) => {
      if (isTrue(holds)) emit(input)
      else filter.each(input, env, (next) => each(next, env, emit))
    })
  }
  return many(each)
}

type Run = (each: () => 'drop' | 'keep' | 'last') => void

function counted(
  count: Compiled,
  name: string,
  rule: (allowed: number, run: Run) => void,
  filter: Compiled,
): Compiled {
  const allowed = (value: Json): number => {
    if (typeof value !== 'number') throw new JqError(`${describe(value)} cannot be a number of values`)
    if (value < 0) throw new JqError(`${name} doesn't support negative count`)
    return value
  }
  return {
    one: undefined,
    each: (input, env, emit) =>
      count.each(input, env, (value) =>
        rule(allowed(value), (verdict) =>
          untilBreak((end) =>
            filter.each(input, env, (item) => {
              const said = verdict()
              if (said !== 'drop') emit(item)
              if (said === 'last') throw end
            }),
          ),
        ),
      ),
    paths: (path, input, env, emit) =>
      count.each(input, env, (value) =>
        rule(allowed(value), (verdict) =>
          untilBreak((end) =>
            filter.paths(path, input, env, (to, item) => {
              const said = verdict()
              if (said !== 'drop') emit(to, item)
              if (said === 'last') throw end
            }),
          ),
        ),
      ),
  }
}

function limited(allowed: number, run: Run): void {
  if (allowed === 0) return
  let left = allowed
  run(() => (--left > 0 ? 'keep' : 'last'))
}

function skipped(allowed: number, run: Run): void {
  let left = allowed
  run(() => (left-- > 0 ? 'drop' : 'keep'))
}

function last({ each, paths }: Compiled): Compiled {
  return {
    one: undefined,
    each: (input, env, emit) => {
      let newest: { value: Json } | undefined
      each(input, env, (value) => {
        newest = { value }
      })
      if (newest) emit(newest.value)
    },
    paths: (path, input, env, emit) => {
      let newest: { to: Path; value: Json } | undefined
      paths(path, input, env, (to, value) => {
        newest = { to, value }
      })
      if (newest) emit(newest.to, newest.value)
    },
  }
}

/** Adds all parts. Strings and arrays are joined at once, which takes linear time. */
export function sum(parts: readonly Json[], plus: (left: Json, right: Json) => Json): Json {
  if (parts.length > 2 && parts.every((part) => Array.isArray(part))) return (parts as Json[][]).flat(1)
  return parts.reduce((total: Json, part) => plus(total, part), null)
}
