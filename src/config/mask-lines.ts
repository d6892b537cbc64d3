import { isSecretName } from '../core/secret-name.js'
import { isAuthType } from './secrets.js'

const ASSIGNMENT = /^(\s*["']?([\w-]+)["']?\s*[=:]\s*)(.*)$/u
// Names are matched from their beginning, because a search from every letter would take quadratic time.
const ASSIGNMENTS = /["']?(?<![\w-])([\w-]+)["']?\s*[=:]\s*/gu
const AUTH = /(?:^|[\s{,])["']?auth["']?\s*(?:[=:]\s*)?\{/u
/** Where the address of an assignment or of a URL begins. */
const ADDRESS = /(?:\baddress["']?\s*[=:]\s*[["'\s]*|:\/\/|["'][^\s/:@"']*:(?!\/\/))/u

/**
 * Masks every line that may hold a secret in a text with syntax errors, whose tree is incomplete. Hides too much
 * rather than too little.
 */
export function maskedByLine(text: string): string {
  /** Number of open braces since the `auth` block began; 0 outside of one. */
  let depth = 0
  return text
    .split('\n')
    .map((line) => {
      if (depth > 0) {
        depth = Math.max(0, depth + balance(line))
        return inAuth(line)
      }
      const opening = AUTH.exec(line)
      if (opening === null) return outside(line)
      const end = opening.index + opening[0].length
      depth = Math.max(0, 1 + balance(line.slice(end)))
      return outside(line.slice(0, end)) + stars(line.slice(end))
    })
    .join('\n')
}

/** Counts the braces that a line leaves open, ignoring those in strings. */
function balance(line: string): number {
  const code = line.replace(/"(?:[^"\\]|\\.)*"/gu, '')
  return code.split('{').length - code.split('}').length
}

/** Masks a line of an `auth` block, where everything but the type is secret. */
function inAuth(line: string): string {
  const [, head, name, value] = ASSIGNMENT.exec(line) ?? []
  if (head === undefined || value === undefined) return stars(line)
  return name === 'type' && isAuthType(/^["']([\w-]+)["']\s*$/u.exec(value)?.[1]) ? line : head + stars(value)
}

function outside(line: string): string {
  for (const found of line.matchAll(ASSIGNMENTS)) {
    const end = found.index + found[0].length
    if (isSecretName(found[1]!)) return line.slice(0, end) + stars(line.slice(end))
  }
  return withoutCredentials(line)
}

/** Masks up to the last `@`, because a password may contain any character. */
function withoutCredentials(line: string): string {
  const end = line.lastIndexOf('@')
  const found = end === -1 ? null : ADDRESS.exec(line)
  if (found === null) return line
  // Of a name before a colon in quotes, which may be a user, nothing is shown.
  const start = /^["']/u.test(found[0]) ? found.index : found.index + found[0].length
  return start > end ? line : line.slice(0, start) + stars(line.slice(start, end)) + line.slice(end)
}

/** Replaces each code point by a star, which keeps the columns. References to variables stay visible. */
function stars(text: string): string {
  return text.replace(/\$\{[^}"]*\}|[^\s"{}[\]]/gu, (found) => (found.length > 2 ? found : '*'))
}
