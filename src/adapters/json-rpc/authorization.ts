import { AuthError } from '../../core/errors/connection.js'
import type { SecretMask } from '../secret-mask.js'
import type { TokenSource } from '../token-source.js'
import type { HttpAnswer } from './exchange.js'

/**
 * Posts with a token. If the server rejects the token (401) and the source has a new one, posts once more with
 * that; a request rejected with 401 was not executed.
 * @param mask receives each token before it is sent
 * @param post receives the headers to add: name, value, name, value
 * @throws what the token source and `post` throw
 */
export async function postWithToken(
  tokens: TokenSource,
  mask: SecretMask,
  signal: AbortSignal,
  post: (headers: readonly string[]) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const token = await tokens.token(signal)
  const answer = await post(bearer(token, mask))
  if (answer.status !== 401) return answer
  tokens.rejected(token)
  const other = await tokens.token(signal)
  if (other === token) return answer
  answer.memory?.end()
  return post(bearer(other, mask))
}

/**
 * Opens a connection with a token. If the server rejects the token and the source has a new one, tries once more
 * with that.
 * @param mask receives each token before it is sent
 * @param open receives the headers to add: name, value, name, value; rejects with AuthError if the server rejects
 * the token
 * @throws what the token source and `open` throw
 */
export async function openWithToken<T>(
  tokens: TokenSource,
  mask: SecretMask,
  signal: AbortSignal,
  open: (headers: readonly string[]) => Promise<T>,
): Promise<T> {
  const token = await tokens.token(signal)
  try {
    return await open(bearer(token, mask))
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    tokens.rejected(token)
    const other = await tokens.token(signal)
    if (other === token) throw error
    return open(bearer(other, mask))
  }
}

/** Returns the `authorization` header (RFC 6750, section 2.1). */
function bearer(token: string, mask: SecretMask): readonly string[] {
  mask.addToken(token)
  return ['authorization', `Bearer ${token}`]
}
