const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/**
 * Converts a text with template sequences into the source of a quoted HCL string. Only the text outside of
 * sequences is escaped.
 */
export function quoted(text: string): string {
  let source = '"'
  for (let at = 0; at < text.length; ) {
    if (/^(?:\$\$\{|%%\{)/.test(text.slice(at, at + 3))) {
      source += text.slice(at, at + 3)
      at += 3
    } else if (opens(text, at)) {
      const end = sequenceEnd(text, at + 2)
      source += text.slice(at, end)
      at = end
    } else {
      source += ESCAPES[text[at]!] ?? text[at]
      at++
    }
  }
  return `${source}"`
}

/** Tells whether a text contains template sequences. */
export function isTemplate(text: string): boolean {
  return text.includes('${') || text.includes('%{')
}

function opens(text: string, at: number): boolean {
  return (text[at] === '$' || text[at] === '%') && text[at + 1] === '{'
}

/** Returns the offset after the `}` that closes a sequence. Strings in it may contain braces and sequences. */
function sequenceEnd(text: string, from: number): number {
  // One entry per open brace or string.
  const open: ('{' | '"')[] = ['{']
  let at = from
  while (at < text.length && open.length > 0) {
    const inString = open.at(-1) === '"'
    if (inString && text[at] === '\\') at++
    else if (text[at] === '"') inString ? open.pop() : open.push('"')
    else if (inString ? opens(text, at) : text[at] === '{') {
      open.push('{')
      if (inString) at++
    } else if (!inString && text[at] === '}') open.pop()
    at++
  }
  return Math.min(at, text.length)
}
