import { EventEmitter } from 'node:events'
import type { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { explained } from '../../../src/adapters/handshake.js'
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

test.each([
  ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', false, 'supports none of our ciphers'],
  ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', false, 'does not know this host name'],
  ['CERT_REVOKED', false, 'is revoked'],
  ['ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC', true, 'the handshake failed'],
])('%s is a failure of the connection that lasts unless it is retryable: %s', (code, retryable, words) => {
  const error = socketFailure(failing(code), 'the service')
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.message).toContain(words)
  expect(error.retryable).toBe(retryable)
})

test.each([
  [
    'after the certificate of the server asks for ours',
    { subject: {} },
    AuthError,
    /requires a client certificate$/,
  ],
  ['before it finds no common cipher', {}, ConnectionError, /none of our ciphers/],
])('a handshake that the server refuses %s', (_, certificate, kind, words) => {
  const socket = Object.assign(new EventEmitter(), {
    getPeerCertificate: () => certificate,
  }) as never as TLSSocket
  const errors: Error[] = []
  socket.on('error', (error) => errors.push(socketFailure(error, 'the service')))
  explained(socket, {})
  socket.emit('keylog', Buffer.alloc(0))
  const error = new Error('write EPROTO: sslv3 alert handshake failure: SSL alert number 40')
  socket.emit('error', Object.assign(error, { code: 'EPROTO' }))
  expect(errors[0]).toBeInstanceOf(kind)
  expect(errors[0]!.message).toMatch(words)
})
