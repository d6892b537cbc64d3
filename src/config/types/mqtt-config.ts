// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { MqttWillBlock } from './mqtt-will.js'

/** The `config` block: Settings of the protocol. */
export interface MqttConfigBlock {
  /**
   * The client id of the connection that publishes and calls. Receivers have separate connections, opened on
   * first use: `ID-sub` for subscriptions, `ID-serve` for served methods, `ID-queue-QUEUE` for each consumed
   * queue. A broker that admits clients by id must admit these too.
   */
  readonly client_id?: string | undefined
  /**
   * The keep-alive interval; pings are sent twice per interval.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1m"`
   */
  readonly keep_alive?: Duration | undefined
  /**
   * Whether the broker drops the sessions when a connection ends. With `false` it keeps messages for `ID-sub`
   * and `ID-serve`, and exchanges of QoS 1 and 2 in flight. `ID-queue-QUEUE` survives the loss of a
   * connection in any case.
   * @defaultValue `true`
   */
  readonly clean_session?: boolean | undefined
  /**
   * The quality of service of publishes and subscriptions that do not set one.
   * @defaultValue `0`
   */
  readonly qos?: 0 | 1 | 2 | undefined
  /**
   * The protocol version. `auto` tries 5, then 3.1.1 if the broker refuses it.
   * @defaultValue `"auto"`
   */
  readonly protocol_version?: 'auto' | 5 | '3.1.1' | undefined
  /**
   * How long the broker keeps a session after its connection has ended; MQTT 5 only.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1h"`
   */
  readonly session_expiry?: Duration | undefined
  /**
   * How many messages may be unacknowledged on each connection; MQTT 5 only.
   * A whole number from 1 to 65535.
   * @defaultValue `1024`
   */
  readonly receive_maximum?: number | undefined
  /**
   * The group that shares the messages of a queue.
   * @defaultValue `"nemo-workers"`
   */
  readonly queue_group?: string | undefined
  /**
   * Whether another member takes over the unacknowledged messages of a dead member of the group; MQTT 5 only.
   * Members publish their state under `nemo/orphans/GROUP/` and connect with each other's client ids. Risk: a
   * member that loses the broker for longer than one or two seconds counts as dead, and its messages are
   * handled twice.
   * @defaultValue `false`
   */
  readonly queue_takeover?: boolean | undefined
  /** The prefix of the topics on which answers to calls arrive. */
  readonly response_topic_prefix?: string | undefined
  /** The user name sent with a token; `auth` of type `bearer` or `jwt` sends the token as the password. */
  readonly token_username?: string | undefined
  /** The message that the broker publishes when the main connection is lost. */
  readonly will?: MqttWillBlock | undefined
}
