const SECRET_NAME =
  /passw|passphrase|secret|token|authorization|cookie|credential|private_key|client_key|seed|api[-_]?key/i

/** Whether a value of that name is to be kept out of every message, whatever it is. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}
