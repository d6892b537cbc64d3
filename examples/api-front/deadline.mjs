/**
 * The time that several steps have together.
 * @returns a function that adds what is left of it to the options of a call
 */
export function deadlineIn(ms) {
  const end = performance.now() + ms
  return (options) => ({ ...options, timeout: Math.max(1, end - performance.now()) })
}
