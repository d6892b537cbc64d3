import type { Compiled } from '../compile/compiled.js'
import type { Compiler } from '../compile/scope.js'

/** Makes a function whose arguments are filters. Its key in a table is `name/arity`. */
export type Form = (args: Args, compiler: Compiler) => Compiled

/** As many as the arity says. */
type Args = readonly [Compiled, Compiled, Compiled]
