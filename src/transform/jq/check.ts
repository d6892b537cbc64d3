import { JqSyntaxError, ModulesUsed, type NotCompiled } from './errors.js'
import { JqProgram } from './program.js'

/** The result of a check. */
export interface CheckedQuery {
  /** Why it is not a jq program, with the position. */
  readonly fault?: string
  /** Why it takes the slow path, if it is valid and is not compiled. */
  readonly slow?: string
}

/** Checks a query without running it. Never throws. */
export function checkQuery(text: string): CheckedQuery {
  try {
    let slow: string | undefined
    const notCompiled = ({ message }: NotCompiled) => {
      slow ??= message
    }
    new JqProgram(text, { now: () => 0, notCompiled })
    return slow === undefined ? {} : { slow }
  } catch (error) {
    if (error instanceof ModulesUsed) return { fault: `${error.message}; modules are not available` }
    if (error instanceof JqSyntaxError)
      return { fault: `${error.message} at ${position(text, error.offset)}` }
    return { fault: error instanceof Error ? error.message : String(error) }
  }
}

/** `character 7`, or `line 2, character 3` if the query has several lines. */
function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  const character = `character ${before.at(-1)!.length + 1}`
  return text.includes('\n') ? `line ${before.length}, ${character}` : character
}
