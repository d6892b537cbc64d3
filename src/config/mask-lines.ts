import { isAuthType, isSecretName } from './secrets.js'

const ASSIGNMENT = /^(\s*["']?([\w-]+)["']?\s*[=:]\s*)(.*)$/u
const ASSIGNMENTS = /["']?([\w-]+)["']?\s*[=:]\s*/gu
const AUTH = /(?:^|[\s{,])["']?auth["']?\s*[=:]?\s*\{/u
const CREDENTIALS = /(?<=:\/\/)[^\s"]*(?=@)|(?<=")[^\s/:@"]*:(?!\/\/)[^\s"]+(?=@)/gu

/**
 * A text with faults of syntax, every line of it blacked out where it may hold a secret: what the parser could not
 * make sense of is not in its tree. Rather too much is hidden than too little.
 */
export function maskedByLine(text: string): string {
  /** How many braces are open since the one of an `auth` block; 0 outside of one. */
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
      return outside(line.slice(0, end)) + black(line.slice(end))
    })
    .join('\n')
}

/** The braces that a line leaves open, those in its texts left out. */
function balance(line: string): number {
  const code = line.replace(/"(?:[^"\\]|\\.)*"/gu, '')
  return code.split('{').length - code.split('}').length
}

/** In an `auth` block everything is secret but its type. */
function inAuth(line: string): string {
  const [, head, name, value] = ASSIGNMENT.exec(line) ?? []
  if (head === undefined || value === undefined) return black(line)
  return name === 'type' && isAuthType(/^["']([\w-]+)["']\s*$/u.exec(value)?.[1]) ? line : head + black(value)
}

function outside(line: string): string {
  for (const found of line.matchAll(ASSIGNMENTS)) {
    const end = found.index + found[0].length
    if (isSecretName(found[1]!)) return line.slice(0, end) + black(line.slice(end))
  }
  return line.replace(CREDENTIALS, black)
}

/** One star for each code point: columns stay what they are. References to variables stay to be seen. */
function black(text: string): string {
  return text.replace(/\$\{[^}"]*\}|[^\s"{}[\]]/gu, (found) => (found.length > 2 ? found : '*'))
}
