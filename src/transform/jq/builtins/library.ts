import { type Budget, charge } from '../budget.js'
import { IDENTITY } from '../compile/access.js'
import { type Compiled, type Env, many, single } from '../compile/compiled.js'
import { callFunction } from '../compile/functions.js'
import { type Compiler, type FunctionEntry, Scope } from '../compile/scope.js'
import { JqError, JqSyntaxError, NotCompiled } from '../errors.js'
import { regexOf } from '../regex/match.js'
import type { Ast, Definition } from '../syntax/ast.js'
import { parseDefinitions } from '../syntax/parser.js'
import type { Json } from '../values/json.js'
import { DATES } from './dates.js'
import { FLOW } from './flow.js'
import type { Form } from './form.js'
import { LOOPS } from './loops.js'
import { MATCHING, SUBSTITUTION } from './matching.js'
import { NUMBERS } from './numbers.js'
import { ORDERING } from './ordering.js'
import { PRELUDE } from './prelude.js'
import { STRINGS } from './strings.js'
import { VALUES, type ValueFunction } from './values.js'

const FORMS = new Map<string, Form>(Object.entries({ ...FLOW, ...LOOPS, ...ORDERING, ...SUBSTITUTION }))
const FUNCTIONS = new Map<string, ValueFunction>(
  Object.entries({ ...VALUES, ...STRINGS, ...NUMBERS, ...DATES, ...MATCHING }),
)
/** Functions of jq that are not compiled. */
const SLOW = new Set(
  `lgamma/0 tgamma/0 lgamma_r/0 erf/0 erfc/0 j0/0 j1/0 y0/0 y1/0 jn/2 yn/2 nextafter/2 nexttoward/2
  modulemeta/0 get_search_list/0 get_jq_origin/0 get_prog_origin/0`.split(/\s+/),
)
/** Functions that would end the gateway instead of the query. */
const REFUSED = new Set(['halt/0', 'halt_error/0', 'halt_error/1'])
const MATCHERS = /^(?:match|test|capture|scan|splits|sub|gsub)\/|^split\/2$/

let definitions: ReadonlyMap<string, Definition> | undefined

function preludeDefinitions(): ReadonlyMap<string, Definition> {
  definitions ??= new Map(
    parseDefinitions(PRELUDE).map((definition) => [
      `${definition.name}/${definition.parameters.length}`,
      definition,
    ]),
  )
  return definitions
}

/** The functions of the language, for one program. */
export class Library {
  readonly #now: () => number
  readonly #notCompiled: (error: NotCompiled) => void
  readonly #used = new Map<string, FunctionEntry>()

  /**
   * @param now the time in milliseconds since 1970
   * @param notCompiled called for what is not compiled. Unless it throws, the rest of the query is read, to be checked
   */
  constructor(now: () => number, notCompiled: (error: NotCompiled) => void) {
    this.#now = now
    this.#notCompiled = notCompiled
  }

  /** @throws JqSyntaxError, NotCompiled */
  find(name: string, args: readonly Ast[], scope: Scope, compiler: Compiler): Compiled | undefined {
    const key = `${name}/${args.length}`
    if (SLOW.has(key)) {
      this.#notCompiled(new NotCompiled(`"${key}"`))
      for (const arg of args) compiler.compile(arg, scope)
      return IDENTITY
    }
    if (REFUSED.has(key))
      throw new JqSyntaxError(`${key} is not available here: a query cannot end its process`, 0)
    if (MATCHERS.test(key)) this.#checkRegex(args)
    const form = FORMS.get(key)
    const compiled = () => args.map((arg) => compiler.compile(arg, scope))
    if (form) return form(compiled() as unknown as Parameters<Form>[0], compiler)
    const compute = FUNCTIONS.get(key) ?? this.#ambient(key)
    if (compute) return ofValues(compute, compiled(), compiler.budget)
    const entry = this.#prelude(key)
    return entry && callFunction(entry, scope.depth, args, scope, compiler)
  }

  /** A constant regular expression is compiled with the query. */
  #checkRegex(args: readonly Ast[]): void {
    const [regex, ...rest] = args
    const modifiers = rest.at(-1)
    if (regex?.kind !== 'literal' || typeof regex.value !== 'string') return
    const flags = modifiers?.kind === 'literal' && typeof modifiers.value === 'string' ? modifiers.value : ''
    try {
      regexOf(regex.value, /^[gimnpslx]*$/.test(flags) ? flags : '')
    } catch (error) {
      if (error instanceof NotCompiled) this.#notCompiled(error)
      // An invalid regular expression is an error of the run, so that `try` can catch it.
      else if (!(error instanceof JqError)) throw error
    }
  }

  #prelude(key: string): FunctionEntry | undefined {
    const known = this.#used.get(key)
    if (known !== undefined) return known
    const definition = preludeDefinitions().get(key)
    if (definition === undefined) return undefined
    const entry: FunctionEntry = { kind: 'function', definition, scope: Scope.empty(), compiled: undefined }
    this.#used.set(key, entry)
    return entry
  }

  /** Returns a function whose result depends on more than its input. */
  #ambient(key: string): ValueFunction | undefined {
    switch (key) {
      case 'now/0':
        return () => this.#now() / 1_000
      case 'input/0':
        // Each message is the only input of its run.
        return () => {
          throw new JqError('break')
        }
      case 'debug/0':
      case 'stderr/0':
        return (input) => input
      case 'input_filename/0':
        return () => null
      case 'input_line_number/0':
        return () => 0
      case 'builtins/0':
        return builtinNames
      default:
        return undefined
    }
  }
}

function builtinNames(): Json {
  return [
    ...FORMS.keys(),
    ...FUNCTIONS.keys(),
    ...preludeDefinitions().keys(),
    'now/0',
    'input/0',
    'debug/0',
  ].filter((key) => !key.startsWith('_'))
}

function ofValues(compute: ValueFunction, args: readonly Compiled[], budget: Budget): Compiled {
  if (args.length === 0) return single((input) => compute(input, [], budget))
  const ones = args.map(({ one }) => one)
  const [first, second] = ones
  if (args.length === 1 && first) return single((input, env) => compute(input, [first(input, env)], budget))
  if (args.length === 2 && first && second)
    return single((input, env) => {
      const last = second(input, env)
      return compute(input, [first(input, env), last], budget)
    })
  // The last argument varies most slowly.
  const fill = (
    input: Json,
    env: Env | undefined,
    after: readonly Json[],
    then: (all: readonly Json[]) => void,
  ): void => {
    const arg = args[args.length - 1 - after.length]
    if (arg === undefined) return then(after)
    arg.each(input, env, (value) => {
      charge(budget, 1)
      fill(input, env, [value, ...after], then)
    })
  }
  return many((input, env, emit) => fill(input, env, [], (all) => emit(compute(input, all, budget))))
}
