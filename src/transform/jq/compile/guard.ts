import { JqError } from '../errors.js'

/**
 * Runs a filter and returns the error that it raised itself. What is raised by whoever takes its values is thrown on.
 * @param run calls what it gets around each call back
 */
export function errorOf(run: (outside: (callback: () => void) => void) => void): JqError | undefined {
  let depth = 0
  const outside = (callback: () => void) => {
    depth++
    callback()
    depth--
  }
  try {
    run(outside)
    return undefined
  } catch (error) {
    if (depth > 0 || !(error instanceof JqError)) throw error
    return error
  }
}
