import { data, packet, prefixed, uint16, uint32 } from './packet-writer.js'
import { textFault } from './text.js'
import { topicFault } from './topic-cache.js'

/** The credentials of CONNECT. MQTT 3.1.1 does not allow a password without a user name, so an empty one is sent. */
export interface Credentials {
  readonly username?: string
  readonly password: string
}

/** The content of CONNECT, and how the connection is read. */
export interface SessionSettings {
  /** Whether many small reads may be slowed down; see `ReadPacer`. */
  readonly paced: boolean
  readonly clientId: string
  readonly clean: boolean
  readonly version: 4 | 5
  readonly keepAliveMs: number
  /** How long the broker keeps the session after the connection has ended, in milliseconds; MQTT 5 only. */
  readonly sessionExpiryMs: number
  readonly receiveMaximum: number
  /** Maximum size of a message, in bytes. The payload of a larger one is skipped. */
  readonly maxFrame: number
  readonly credentials?: Credentials
  /** Hides our credentials in texts of the broker, which may repeat them. */
  readonly mask?: (text: string) => string
  readonly will?: {
    readonly topic: string
    readonly payload: string
    readonly qos: 0 | 1 | 2
    readonly retain: boolean
  }
  /** Whether the broker publishes the will also after a clean disconnect; MQTT 5 only. */
  readonly willOnClose?: boolean
}

const CONNECT = 0x10
const PROTOCOL_NAME = data('MQTT', 'the protocol name')
const SESSION_EXPIRY = 0x11
const RECEIVE_MAXIMUM = 0x21

/** Encodes CONNECT (MQTT 5, section 3.1). @throws RangeError with the field that is invalid, without its value */
export function writeConnect(settings: Omit<SessionSettings, 'paced' | 'maxFrame'>): Buffer {
  const { version, clean, will, keepAliveMs } = settings
  checkTexts(settings)
  const credentials = settings.credentials && named(settings.credentials, version)
  const flags =
    (clean ? 0x02 : 0) |
    (will ? 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0) : 0) |
    (credentials ? 0x40 : 0) |
    (credentials?.username !== undefined ? 0x80 : 0)
  const fields = [
    PROTOCOL_NAME,
    Buffer.of(version, flags),
    uint16(Math.max(1, Math.floor(keepAliveMs / 1_000))),
    ...(version === 5 ? [connectProperties(settings)] : []),
    data(settings.clientId, 'the client id'),
  ]
  if (will) {
    if (version === 5) fields.push(prefixed())
    fields.push(data(will.topic, 'the topic of the will'), data(will.payload, 'the payload of the will'))
  }
  if (credentials?.username !== undefined) fields.push(data(credentials.username, 'the username'))
  if (credentials) fields.push(data(credentials.password, 'the password'))
  return packet(CONNECT, ...fields)
}

/** Checks for values over which a broker closes the connection. @throws RangeError with the field, without its value */
function checkTexts({
  clientId,
  will,
  credentials,
}: Pick<SessionSettings, 'clientId' | 'will' | 'credentials'>) {
  const check = (what: string, fault: string | undefined) => {
    if (fault !== undefined) throw new RangeError(`${what} is invalid: ${fault}`)
  }
  check('the client id', textFault(clientId))
  if (will !== undefined) check('the topic of the will', topicFault(will.topic))
  if (credentials?.username !== undefined) check('the username', textFault(credentials.username))
}

function named(credentials: Credentials, version: 4 | 5): Credentials {
  return version === 4 ? { username: '', ...credentials } : credentials
}

/**
 * Encodes the properties of CONNECT. Omits Maximum Packet Size, because a broker silently discards larger messages
 * (MQTT 5, section 3.1.2.11.4); this client skips, counts or dead-letters them.
 */
function connectProperties({
  sessionExpiryMs,
  receiveMaximum,
}: Pick<SessionSettings, 'sessionExpiryMs' | 'receiveMaximum'>): Buffer {
  return prefixed(
    Buffer.of(SESSION_EXPIRY),
    uint32(Math.floor(sessionExpiryMs / 1_000)),
    Buffer.of(RECEIVE_MAXIMUM),
    uint16(receiveMaximum),
  )
}
