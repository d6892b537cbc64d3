import type { EventDescription } from '../../src/core/event-description.js'
import { EVENTS } from '../../src/core/events.js'
import { table } from './table.js'

/** `docs/events.md`, from the description of the events alone. */
export function eventsPage(): string {
  const sections = Object.entries<EventDescription>(EVENTS as never).map(([name, event]) =>
    section(name, event),
  )
  return `# Events

\`gateway.on(name, listener)\` calls \`listener\` at each event of that name, and returns a function that removes the listener.
An error that a listener throws or rejects with is logged and affects nothing else. Each event is also one line of the log, with the same
fields except those of type "not logged", \`level\`, and its name as \`message\`.

Written by \`npm run docs\` from \`src/core/events.ts\`.

${sections.join('\n\n')}

## \`log\`

A line was written to the log. The listener gets the record: \`level\` (\`debug\`, \`info\`, \`warn\`, \`error\`), \`message\`,
\`integration\` where the line is about one, and further fields. The lines of the events above are not repeated here.
`
}

function section(name: string, { when, fields, level }: EventDescription): string {
  const rows = Object.entries(fields).map(([field, { type, doc, isOptional, isPayload }]) => [
    `\`${field}\`${isOptional ? ' (may be absent)' : ''}`,
    isPayload ? `${type}; not logged` : type,
    doc,
  ])
  const levels = typeof level === 'string' ? `\`${level}\`` : '`info`, or `warn` if it needs attention'
  return `## \`${name}\`

${when} Logged as ${levels}.

${table(['field', 'type', 'meaning'], rows)}`
}
