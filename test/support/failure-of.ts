import { IntegrationError } from '../../src/core/errors/integration-error.js'

/** What the promise rejects with, which has to be an error of ours. */
export async function failureOf(promise: Promise<unknown> | undefined): Promise<IntegrationError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof IntegrationError) return error
    throw new Error(`not an error of the gateway: ${String(error)}`, { cause: error })
  }
  throw new Error('it did not fail')
}
