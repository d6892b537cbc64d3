import { parsePath } from '../../core/data-path.js'
import type { TriggerEvent } from '../../core/settings/trigger.js'
import type { NamedKind } from '../block-kinds.js'
import { didYouMean } from '../hcl/diagnostics.js'
import type { Finding } from '../hcl/index.js'
import { type Names, unknownFinding } from '../names.js'

const WORDS = {
  action: ['succeeded', 'failed'],
  integration: ['connected', 'disconnected', 'failed'],
  breaker: ['opened', 'closed'],
} as const

const KINDS = ['data', ...Object.keys(WORDS)]

/** An event, or what is wrong with its name. An event may come with a warning. */
export interface ReadEvent {
  readonly event?: TriggerEvent
  readonly finding?: Finding
}

/** Reads the event of an `on` block. */
export function readEvent(label: string, names: Names): ReadEvent {
  const dot = label.indexOf('.')
  const kind = dot === -1 ? label : label.slice(0, dot)
  const rest = dot === -1 ? '' : label.slice(dot + 1)
  if (kind === 'data') return dataEvent(rest, names)
  if (!Object.hasOwn(WORDS, kind)) {
    const near = didYouMean(kind, KINDS)
    return {
      finding: {
        message: `unknown event "${label}"`,
        expected: `an event of ${KINDS.map((each) => `${each}.NAME`).join(', ')}`,
        ...(near !== undefined && { hint: `did you mean "${near}"?` }),
      },
    }
  }
  const known = kind as keyof typeof WORDS
  // A breaker has the name of its integration.
  const named: NamedKind = known === 'breaker' ? 'integration' : known
  const name = longestName(rest, names.of(named))
  if (name === undefined) return { finding: unknownFinding(named, firstName(rest), names.of(named)) }
  const word = rest.slice(name.length + 1)
  const words: readonly string[] = WORDS[known]
  if (!words.includes(word)) return { finding: unknownWord(`${kind}.${name}`, word, words) }
  return {
    event:
      known === 'action'
        ? { kind: known, name, outcome: word as 'succeeded' | 'failed' }
        : ({ kind: known, name, state: word } as TriggerEvent),
  }
}

function dataEvent(rest: string, names: Names): ReadEvent {
  const name = longestName(rest, names.of('data'))
  if (name === undefined) return { finding: unknownFinding('data', firstName(rest), names.of('data')) }
  const after = rest.slice(name.length)
  if (after === '.updated') return { event: { kind: 'data', name, path: [] } }
  const path = after === '' ? undefined : parsePath(after)
  if (path !== undefined) return { event: { kind: 'data', name, path }, ...misspelt(name, after.slice(1)) }
  return { finding: unknownWord(`data.${name}`, after.slice(1), ['updated', 'PATH']) }
}

/** Warns of a path that looks like the misspelt name of the event. */
function misspelt(name: string, path: string): { readonly finding?: Finding } {
  if (didYouMean(path, ['updated']) === undefined) return {}
  const message = `"${path}" is read as a path in the value of data "${name}"`
  return { finding: { severity: 'warning', message, hint: `did you mean "data.${name}.updated"?` } }
}

/** Finds the longest name at the start of a text: before its end, a dot or a bracket. */
function longestName(text: string, names: ReadonlySet<string>): string | undefined {
  let found: string | undefined
  for (const name of names)
    if (text.startsWith(name) && /^(?:$|[.[])/u.test(text.slice(name.length)))
      if (name.length > (found?.length ?? -1)) found = name
  return found
}

function firstName(text: string): string {
  return /^[^.[]*/u.exec(text)![0]
}

function unknownWord(what: string, word: string, words: readonly string[]): Finding {
  const near = didYouMean(word, words)
  return {
    message: `${what} has no event "${word}"`,
    expected: `one of ${words.map((each) => `${what}.${each}`).join(', ')}`,
    ...(near !== undefined && { hint: `did you mean "${what}.${near}"?` }),
  }
}
