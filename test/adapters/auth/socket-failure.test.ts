import { expect, test } from 'vitest'
import { socketFailure } from '../../../src/adapters/socket-failure.js'
import { AuthError, ConnectionError } from '../../../src/core/errors/connection.js'

const failing = (code: string) => Object.assign(new Error(code), { code })

// OpenSSL 3.5, which Node 24 brings, has other names for the alerts.
test.each([
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'rejects our certificate'],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'rejects our certificate'],
  ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', 'our certificate has expired'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'requires a client certificate'],
])('%s is a refusal of our certificate', (code, words) => {
  const error = socketFailure(failing(code), 'the service')
  expect(error).toBeInstanceOf(AuthError)
  expect(error.message).toContain(words)
})

test('any other failure of TLS is one of the connection', () => {
  const error = socketFailure(failing('ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'), 'the service')
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.message).toContain('the handshake failed')
})
