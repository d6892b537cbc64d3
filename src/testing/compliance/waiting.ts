import assert from 'node:assert/strict'
import { sleep, systemClock } from '../../core/clock.js'

/** How long something may take that takes a moment: far more than it needs, so that a slow machine passes. */
const PATIENCE_MS = 30_000
const LOOK_EVERY_MS = 5

/** Waits for `work`, and fails by name when it hangs. */
export function soon<T>(work: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = systemClock.setTimer(PATIENCE_MS, () =>
      reject(new assert.AssertionError({ message: `it hangs: ${what}` })),
    )
    work.then(resolve, reject).finally(() => timer.cancel())
  })
}

/** Waits until `condition` holds, and fails by name when it does not. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
): Promise<void> {
  for (const until = systemClock.monotonic() + PATIENCE_MS; !(await condition()); ) {
    if (systemClock.monotonic() > until)
      assert.fail(`waited ${PATIENCE_MS} ms for: ${typeof what === 'string' ? what : what()}`)
    await sleep(systemClock, LOOK_EVERY_MS)
  }
}

/** Waits until `work` is rejected with an error of that kind. @returns the error */
export async function rejected<E extends { readonly kind: string }>(
  work: Promise<unknown>,
  kind: E['kind'],
  what: string,
): Promise<E> {
  const outcome = await soon(
    work.then(
      (value) => ({ value }),
      (error: unknown) => ({ error: error as E }),
    ),
    what,
  )
  if (!('error' in outcome)) assert.fail(`${what}: expected an error of kind ${kind}, found a value`)
  const { error } = outcome
  assert.equal(error.kind, kind, `${what}: expected an error of kind ${kind}, found ${String(error)}`)
  return error
}
