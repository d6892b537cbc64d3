import { data, packet, prefixed, uint16, uint32 } from './packet-writer.js'
import { textFault } from './text.js'
import { topicFault } from './topic-cache.js'

/** A password without a name is for MQTT 5; in 3.1.1 its name is empty. */
export interface Credentials {
  readonly username?: string
  readonly password: string
}

/** What CONNECT says, and how the session is read. */
export interface SessionSettings {
  /** Whether a flood of small reads may be slowed down; see `ReadPacer`. */
  readonly paced: boolean
  readonly clientId: string
  readonly clean: boolean
  readonly version: 4 | 5
  readonly keepAliveMs: number
  /** How long the broker keeps the session after the connection has ended; MQTT 5 only. */
  readonly sessionExpiryMs: number
  readonly receiveMaximum: number
  /** A message that is larger is skipped, in bytes. */
  readonly maxFrame: number
  readonly credentials?: Credentials
  /** Hides our secrets in what the broker says, which may repeat them. */
  readonly mask?: (text: string) => string
  readonly will?: {
    readonly topic: string
    readonly payload: string
    readonly qos: 0 | 1 | 2
    readonly retain: boolean
  }
  /** Whether the broker publishes the will also when the connection is ended in good order; MQTT 5 only. */
  readonly willOnClose?: boolean
}

const CONNECT = 0x10
const PROTOCOL_NAME = data('MQTT', 'the protocol name')
const SESSION_EXPIRY = 0x11
const RECEIVE_MAXIMUM = 0x21

/** Writes CONNECT (MQTT 5, section 3.1). @throws RangeError saying what is too long; never what it holds */
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

/** @throws RangeError naming what a broker would end the connection over; never what it holds */
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
 * No Maximum Packet Size: a broker discards what is larger without a word (MQTT 5, section 3.1.2.11.4). It is skipped
 * here instead, and counted or dead-lettered.
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
