import { JqError } from '../errors.js'

/**
 * Runs a filter and returns the error that it raised. Errors of the callbacks that receive its values are thrown on.
 * @param run wraps each callback in the function that it receives
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
