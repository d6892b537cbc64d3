import { type Budget, charge } from '../budget.js'
import type { Ast } from '../syntax/ast.js'
import { ARITHMETIC, type ArithmeticOperator } from '../values/arithmetic.js'
import { isTrue, type Json } from '../values/json.js'
import { deletePaths, Update } from '../values/update.js'
import { type Compiled, type Env, many } from './compiled.js'
import { untilBreak } from './control.js'
import { keysOf, ROOT } from './path.js'
import type { Compiler, Scope } from './scope.js'

/** `paths = value`, `paths |= value`, `paths += value` and similar. */
export function compileAssign(ast: Ast & { kind: 'assign' }, scope: Scope, compiler: Compiler): Compiled {
  const [paths, value] = [compiler.compile(ast.paths, scope), compiler.compile(ast.value, scope)]
  const { budget } = compiler
  if (ast.operator === '|=')
    return many((input, env, emit) => emit(modified(paths, value, input, env, budget)))
  const change = changeOf(ast.operator, budget)
  return many((input, env, emit) =>
    value.each(input, env, (operand) => {
      const update = new Update(input, budget)
      for (const path of pathsOf(paths, input, env, budget))
        update.set(path, (before) => change(before, operand))
      emit(update.value)
    }),
  )
}

function changeOf(operator: string, budget: Budget): (before: Json, operand: Json) => Json {
  if (operator === '=') return (_before, operand) => operand
  if (operator === '//=') return (before, operand) => (isTrue(before) ? before : operand)
  const compute = ARITHMETIC[operator.slice(0, -1) as ArithmeticOperator]
  return (before, operand) => compute(before, operand, budget)
}

/** Returns the paths of all values that a filter selects from the input. */
function pathsOf(filter: Compiled, input: Json, env: Env | undefined, budget: Budget): Json[][] {
  const paths: Json[][] = []
  filter.paths(ROOT, input, env, (path, value) => {
    charge(budget, 1)
    paths.push(keysOf(path, value))
  })
  return paths
}

/** `paths |= change`: replaces each value by the first result of `change`; deletes it if there is no result. */
function modified(
  paths: Compiled,
  change: Compiled,
  input: Json,
  env: Env | undefined,
  budget: Budget,
): Json {
  const gone: Json[][] = []
  const update = new Update(input, budget)
  for (const path of pathsOf(paths, input, env, budget))
    update.set(path, (before) => {
      const after = firstOf(change, before, env)
      if (after === undefined) gone.push(path)
      return after
    })
  return gone.length > 0 ? deletePaths(update.value, gone, budget) : update.value
}

function firstOf(filter: Compiled, input: Json, env: Env | undefined): Json | undefined {
  if (filter.one) return filter.one(input, env)
  let first: Json | undefined
  untilBreak((label) =>
    filter.each(input, env, (value) => {
      first = value
      throw label
    }),
  )
  return first
}
