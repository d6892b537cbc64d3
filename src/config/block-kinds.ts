/** The kinds of blocks that have a label. Each has an attribute in the object form, which is keyed by label. */
export const ATTRIBUTES = {
  variable: 'variables',
  integration: 'integrations',
  supervisor: 'supervisors',
  broker: 'brokers',
  server: 'servers',
  script: 'scripts',
  data: 'data',
  action: 'actions',
  on: 'on',
  route: 'routes',
} as const

export type Labelled = keyof typeof ATTRIBUTES

export const LABELLED = Object.keys(ATTRIBUTES) as readonly Labelled[]

/** The kinds of blocks that expressions may name: `integration.events`. */
export const NAMED = ['integration', 'data', 'action', 'server', 'script', 'supervisor', 'broker'] as const

export type NamedKind = (typeof NAMED)[number]
