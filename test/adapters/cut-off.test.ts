import { expect, test } from 'vitest'
import { cutOff, unsent } from '../../src/adapters/cut-off.js'
import { AuthError, ConnectionError } from '../../src/core/errors/connection.js'

const refused = new ConnectionError('the server is read-only', {
  integration: 'i',
  errorClass: 'service-unavailable',
  notExecuted: true,
  fault: 'local',
  retryAfterMs: 5,
})

test('an operation in flight takes the reason of the loss, and nothing that was said of another', () => {
  const error = cutOff(refused)
  expect(error).toMatchObject({
    kind: 'connection',
    message: 'the server is read-only',
    integration: 'i',
    errorClass: 'service-unavailable',
    retryable: true,
    cause: refused,
  })
  for (const field of ['notExecuted', 'fault', 'retryAfterMs']) expect(error).not.toHaveProperty(field)
})

test('one that was not sent says so', () => {
  const final = new ConnectionError('malformed', { retryable: false })
  expect(unsent(final)).toMatchObject({
    message: 'malformed',
    retryable: false,
    notExecuted: true,
    cause: final,
  })
})

test('the loss of credentials is a lost connection to what was in flight', () => {
  expect(cutOff(new AuthError('expired'))).toMatchObject({ kind: 'connection', retryable: true })
})
