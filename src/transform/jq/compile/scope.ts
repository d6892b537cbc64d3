import type { Budget } from '../budget.js'
import type { Ast, Definition } from '../syntax/ast.js'
import type { Json } from '../values/json.js'
import type { Compiled } from './compiled.js'

/** A defined function, with the scope of its definition. */
export interface FunctionEntry {
  readonly kind: 'function'
  readonly definition: Definition
  readonly scope: Scope
  compiled: Compiled | 'compiling' | undefined
}

type Entry = FunctionEntry | { readonly kind: 'variable' | 'filter' | 'label'; readonly name: string }

/** What a name refers to, and how many environments further out its value is. */
export interface Found<T> {
  readonly entry: T
  readonly steps: number
}

/**
 * The names in the scope of a filter, innermost first. At run time each of them has an environment, except functions.
 */
export class Scope {
  readonly #entry: Entry | undefined
  readonly #outer: Scope | undefined
  /** How many environments there are. */
  readonly depth: number

  private constructor(entry: Entry | undefined, outer: Scope | undefined) {
    this.#entry = entry
    this.#outer = outer
    this.depth = (outer?.depth ?? 0) + (entry === undefined || entry.kind === 'function' ? 0 : 1)
  }

  static empty(): Scope {
    return new Scope(undefined, undefined)
  }

  with(kind: 'variable' | 'filter' | 'label', name: string): Scope {
    return new Scope({ kind, name }, this)
  }

  /** Adds a function, which can call itself. */
  withFunction(definition: Definition): Scope {
    const entry: { -readonly [K in keyof FunctionEntry]: FunctionEntry[K] } = {
      kind: 'function',
      definition,
      scope: this,
      compiled: undefined,
    }
    entry.scope = new Scope(entry, this)
    return entry.scope
  }

  /** Counts the environments between here and a variable or a label. */
  find(kind: 'variable' | 'label', name: string): number | undefined {
    for (let at: Scope | undefined = this; at !== undefined; at = at.#outer) {
      const entry = at.#entry
      if (entry?.kind === kind && entry.name === name) return this.depth - at.depth
    }
    return undefined
  }

  /** Finds a function, or a filter passed as an argument, with that number of parameters. */
  findCallable(name: string, arity: number): Found<FunctionEntry | 'filter'> | undefined {
    for (let at: Scope | undefined = this; at !== undefined; at = at.#outer) {
      const entry = at.#entry
      if (entry?.kind === 'filter' && arity === 0 && entry.name === name)
        return { entry: 'filter', steps: this.depth - at.depth }
      if (entry?.kind === 'function' && entry.definition.name === name)
        if (entry.definition.parameters.length === arity) return { entry, steps: this.depth - at.depth }
    }
    return undefined
  }
}

/** What the compilers of the different filters use of each other. */
export interface Compiler {
  /** What is left of the limits. Reset before each run. */
  readonly budget: Budget
  compile(ast: Ast, scope: Scope): Compiled
  /** Returns a function of the language; `undefined` if there is none of that name. */
  builtin(name: string, args: readonly Ast[], scope: Scope): Compiled | undefined
  /** A variable that no query binds. */
  global(name: string): Json | undefined
}
