import { AuthError } from '../../core/errors.js'
import type { SecretMask } from '../secret-mask.js'
import type { TokenSource } from '../token-source.js'
import type { HttpAnswer } from './exchange.js'

/**
 * Posts with a token. When the server refuses it (401) and there is another to be had, once more with that: the
 * refused request was not carried out.
 * @param mask gets to know each token before it is sent
 * @param post told the headers to add, name after value
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
  return other === token ? answer : post(bearer(other, mask))
}

/**
 * Opens something with a token; when the server refuses it and there is another to be had, once more with that.
 * @param mask gets to know each token before it is sent
 * @param open told the headers to add, name after value; rejects with AuthError when the token is refused
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

/** The header of RFC 6750, section 2.1. */
function bearer(token: string, mask: SecretMask): readonly string[] {
  mask.addToken(token)
  return ['authorization', `Bearer ${token}`]
}
