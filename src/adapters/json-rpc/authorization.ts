import type { TokenSource } from '../token-source.js'
import type { HttpAnswer } from './exchange.js'

/**
 * Posts with a token. When the server refuses it (401) and there is another to be had, once more with that: the
 * refused request was not carried out.
 * @param post told the headers to add, name after value
 * @throws what the token source and `post` throw
 */
export async function postWithToken(
  tokens: TokenSource,
  signal: AbortSignal,
  post: (headers: readonly string[]) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const token = await tokens.token(signal)
  const answer = await post(bearer(token))
  if (answer.status !== 401) return answer
  tokens.rejected(token)
  const other = await tokens.token(signal)
  return other === token ? answer : post(bearer(other))
}

/** The header of RFC 6750, section 2.1. */
function bearer(token: string): readonly string[] {
  return ['authorization', `Bearer ${token}`]
}
