const SECRET_NAME =
  /passw|passphrase|secret|token|authorization|cookie|credential|private_key|client_key|seed|api[-_]?key/i

/** Whether a name suggests that its value is secret and must not appear in messages. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}
