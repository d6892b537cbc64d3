import assert from 'node:assert/strict'
import { sleep, systemClock } from '../../core/clock.js'

/** Time limit of every wait in milliseconds: far more than needed, so that a slow machine passes. */
const TIME_LIMIT_MS = 30_000
const CHECK_INTERVAL_MS = 5

/** Waits for `work`. @throws AssertionError that names `what` if it hangs */
export function soon<T>(work: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = systemClock.setTimer(TIME_LIMIT_MS, () =>
      reject(new assert.AssertionError({ message: `not settled within ${TIME_LIMIT_MS} ms: ${what}` })),
    )
    work.then(resolve, reject).finally(() => timer.cancel())
  })
}

/** Waits until `condition` holds. @throws AssertionError that names `what` if it does not */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
): Promise<void> {
  for (const until = systemClock.monotonic() + TIME_LIMIT_MS; !(await condition()); ) {
    if (systemClock.monotonic() > until)
      assert.fail(`waited ${TIME_LIMIT_MS} ms for: ${typeof what === 'string' ? what : what()}`)
    await sleep(systemClock, CHECK_INTERVAL_MS)
  }
}

/** Waits until `work` rejects with an error of that kind. @returns the error */
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

/** Waits until `work` settles. @returns its error; `undefined` if it resolved */
export function failureOf(work: Promise<unknown>, what: string): Promise<Error | undefined> {
  return soon(
    work.then(
      () => undefined,
      (error: Error) => error,
    ),
    what,
  )
}
