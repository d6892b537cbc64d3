export interface WaitOptions {
  /** What is waited for, for the failure message; a function may tell how things stand by then. */
  readonly what: string | (() => string)
  /** 25 s when absent: far more than it takes, on a busy machine too. */
  readonly timeoutMs?: number
  /** Between two looks; 10 ms when absent. */
  readonly everyMs?: number
}

/**
 * Looks again and again until `condition` gives something truthy, and returns that. A condition that throws
 * (an `expect`, say) is not fulfilled yet.
 * @throws Error saying what did not happen, with the last error of the condition as its cause.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions,
): Promise<NonNullable<T>> {
  const { timeoutMs = 25_000, everyMs = 10, what } = options
  const end = performance.now() + timeoutMs
  for (;;) {
    let failure: unknown
    try {
      const value = await condition()
      if (value) return value
    } catch (error) {
      failure = error
    }
    if (performance.now() >= end) {
      const because = failure instanceof Error ? `: ${failure.message}` : ''
      const cause = failure === undefined ? undefined : { cause: failure }
      throw new Error(
        `waited ${timeoutMs} ms in vain for ${typeof what === 'string' ? what : what()}${because}`,
        cause,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
