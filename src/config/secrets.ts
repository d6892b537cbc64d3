const SECRET_NAME =
  /passw|passphrase|secret|token|authorization|cookie|credential|private_key|client_key|seed|api[-_]?key/i

/** Whether a value of that name is to be kept out of every message, whatever it is. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** Whether what stands under a name is secret. In an `auth` block everything is, apart from its type. */
export function hiddenIn(name: string, around: boolean): boolean {
  if (around) return name !== 'type'
  return name === 'auth' || isSecretName(name)
}

/** Whether a text is a URL with the name of a user or a password in it. */
export function hasCredentials(text: string): boolean {
  return /:\/\/[^/?#\s]*@/.test(text)
}
