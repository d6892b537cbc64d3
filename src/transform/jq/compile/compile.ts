import type { Budget } from '../budget.js'
import type { Library } from '../builtins/library.js'
import { JqSyntaxError } from '../errors.js'
import type { Ast } from '../syntax/ast.js'
import type { Json } from '../values/json.js'
import { compileIndex, compileIterate, compileSlice, IDENTITY } from './access.js'
import { compileAssign } from './assign.js'
import { compileAs, compileVariable } from './bind.js'
import type { Compiled } from './compiled.js'
import { compileArray, compileFormat, compileObject, compileText, literal } from './construct.js'
import { compileBreak, compileIf, compileLabel, compileTry } from './control.js'
import { compileForeach, compileReduce } from './fold.js'
import { compileCall, compileDefine } from './functions.js'
import {
  compileAlternative,
  compileArithmetic,
  compileComma,
  compileComparison,
  compileLogic,
  compileNegate,
  compilePipe,
} from './operators.js'
import type { Compiler, Scope } from './scope.js'

/** Maximum nesting of filters, also in a chain such as `1 + 1 + 1`. Each level uses stack. */
const DEEPEST = 2_000

/** Compiles the syntax tree of a query to functions. */
export class QueryCompiler implements Compiler {
  readonly budget: Budget
  readonly #library: Library
  readonly #globals: ReadonlyMap<string, Json>
  #depth = 0

  /** @param globals variables that no query binds: `$ENV` */
  constructor(budget: Budget, library: Library, globals: ReadonlyMap<string, Json>) {
    this.budget = budget
    this.#library = library
    this.#globals = globals
  }

  builtin(name: string, args: readonly Ast[], scope: Scope): Compiled | undefined {
    return this.#library.find(name, args, scope, this)
  }

  global(name: string): Json | undefined {
    return this.#globals.get(name)
  }

  /** @throws JqSyntaxError, NotCompiled */
  compile(ast: Ast, scope: Scope): Compiled {
    if (++this.#depth > DEEPEST) throw tooDeep()
    const compiled = this.#compile(ast, scope)
    this.#depth--
    return compiled
  }

  #compile(ast: Ast, scope: Scope): Compiled {
    switch (ast.kind) {
      case 'identity':
        return IDENTITY
      case 'recurse':
        return compileCall({ kind: 'call', name: 'recurse', args: [], offset: 0 }, scope, this)
      case 'literal':
        return literal(ast.value)
      case 'text':
        return compileText(ast, scope, this)
      case 'format':
        return compileFormat(ast.name)
      case 'index':
        return compileIndex(ast, scope, this)
      case 'slice':
        return compileSlice(ast, scope, this)
      case 'iterate':
        return compileIterate(ast, scope, this)
      case 'array':
        return compileArray(ast, scope, this)
      case 'object':
        return compileObject(ast, scope, this)
      case 'negate':
        return compileNegate(ast, scope, this)
      case 'pipe':
        return compilePipe(ast, scope, this)
      case 'comma':
        return compileComma(ast, scope, this)
      case 'and':
      case 'or':
        return compileLogic(ast.kind, ast, scope, this)
      case 'alternative':
        return compileAlternative(ast, scope, this)
      case 'arithmetic':
        return compileArithmetic(ast, scope, this)
      case 'comparison':
        return compileComparison(ast, scope, this)
      case 'assign':
        return compileAssign(ast, scope, this)
      case 'if':
        return compileIf(ast, scope, this)
      case 'try':
        return compileTry(ast, scope, this)
      case 'reduce':
        return compileReduce(ast, scope, this)
      case 'foreach':
        return compileForeach(ast, scope, this)
      case 'as':
        return compileAs(ast, scope, this)
      case 'define':
        return compileDefine(ast, scope, this)
      case 'call':
        return compileCall(ast, scope, this)
      case 'variable':
        return compileVariable(ast, scope, this)
      case 'label':
        return compileLabel(ast, scope, this)
      case 'break':
        return compileBreak(ast, scope)
    }
  }
}

/** Makes the error of a query that is nested too deeply. */
export function tooDeep(): JqSyntaxError {
  return new JqSyntaxError(`more than ${DEEPEST} filters or operators within each other`, 0)
}
