import type { AuthSettings } from '../../core/settings.js'
import { anyText, type Kind, oneOf, text } from '../kinds.js'
import type { Section } from '../section.js'

const TYPES = ['none', 'basic', 'bearer'] as const
/** Of the specification, and not in this version. */
const LATER = ['jwt', 'oauth2', 'mtls', 'password']

interface AuthNames {
  readonly type: unknown
  readonly username: unknown
  readonly password: unknown
  readonly token: unknown
}

const type: Kind<(typeof TYPES)[number]> = (node, complain) => {
  const found = node.content.kind === 'scalar' ? node.content.value : undefined
  const later = LATER.includes(String(found).toLowerCase())
  return oneOf(TYPES)(node, (at, expected, hint) =>
    complain(at, expected, later ? `this version does not have "${found}" yet` : hint),
  )
}

/** The `auth` block. Its values appear in no message. */
export function readAuth(section: Section<AuthNames>): AuthSettings {
  switch (section.required('type', type)) {
    case 'basic': {
      const username = section.required('username', text) ?? ''
      const password = section.required('password', anyText) ?? ''
      section.done()
      return { type: 'basic', username, password }
    }
    case 'bearer': {
      const token = section.required('token', text) ?? ''
      section.done()
      return { type: 'bearer', token }
    }
    case 'none':
      section.done()
      return { type: 'none' }
    default:
      // What else there should be depends on the type, which is wrong.
      return { type: 'none' }
  }
}
