import type { Duplex } from 'node:stream'
import { type IClientOptions, MqttClient } from 'mqtt'
import { type Clock, every, type Timer } from '../../core/clock.js'
import type { PacketIds } from './packet-ids.js'

/** What CONNECT says. */
export interface SessionSettings {
  readonly clientId: string
  readonly clean: boolean
  readonly version: 4 | 5
  readonly keepAliveMs: number
  /** How long the broker keeps the session after the connection has ended; MQTT 5 only. */
  readonly sessionExpiryMs: number
  readonly receiveMaximum: number
  /** The largest packet that we take, in bytes. */
  readonly maxFrame: number
  readonly credentials?: { readonly username: string; readonly password: string }
  readonly will?: {
    readonly topic: string
    readonly payload: string
    readonly qos: 0 | 1 | 2
    readonly retain: boolean
  }
}

/** Who watches over the silence of the broker. */
export interface KeepAliveWatch {
  /** Whether the broker was silent although we listened, since the last time this was asked. */
  brokerIsSilent(): boolean
}

/**
 * The client of mqtt.js as the session layer: CONNECT, SUBSCRIBE, UNSUBSCRIBE and keep-alive. Everything it
 * is used through is public (constructor, options, `subscribe`, `unsubscribe`, `sendPing`, `reschedulePing`
 * and the overridable `onKeepaliveTimeout`). Messages go past it, because it handles packets one at a time
 * (holding an acknowledgement back would hold back PINGRESP too), knows no back-pressure, ignores the
 * broker's Receive Maximum, and costs several times as much per message.
 */
export class SessionClient extends MqttClient {
  readonly #watch: KeepAliveWatch

  constructor(
    stream: Duplex,
    settings: SessionSettings,
    ids: PacketIds,
    clock: Clock,
    watch: KeepAliveWatch,
  ) {
    super(() => stream, clientOptions(settings, ids, clock))
    this.#watch = watch
  }

  /**
   * mqtt.js counts PINGRESP alone as a sign of life, and it cannot see one that lies unread in the socket while
   * we hold the messages back. So the connection is given up only if nothing at all came although we read.
   */
  override onKeepaliveTimeout(): void {
    if (this.#watch.brokerIsSilent()) super.onKeepaliveTimeout()
    else {
      this.reschedulePing(true)
      this.sendPing()
    }
  }
}

function clientOptions(settings: SessionSettings, ids: PacketIds, clock: Clock): IClientOptions {
  const { credentials, will } = settings
  return {
    protocolVersion: settings.version,
    clientId: settings.clientId,
    clean: settings.clean,
    keepalive: Math.max(1, Math.floor(settings.keepAliveMs / 1_000)),
    ...credentials,
    ...(will && { will: { ...will, payload: Buffer.from(will.payload) } }),
    ...(settings.version === 5 && {
      properties: {
        sessionExpiryInterval: Math.floor(settings.sessionExpiryMs / 1_000),
        receiveMaximum: settings.receiveMaximum,
        maximumPacketSize: settings.maxFrame,
      },
    }),
    // Reconnecting is the actor's, and so is everything that waits for it.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    messageIdProvider: ids,
    timerVariant: clockTimers(clock) as unknown as NonNullable<IClientOptions['timerVariant']>,
    // Its debug lines print packets, and CONNECT holds the password.
    log: () => {},
  }
}

/** mqtt.js' port for the timers of keep-alive, on our clock. */
function clockTimers(clock: Clock) {
  return {
    set: (task: () => void, ms: number): Timer => every(clock, ms, task, { background: true }),
    clear: (timer: Timer): void => timer.cancel(),
  }
}
