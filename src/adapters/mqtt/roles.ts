import type { Role } from './client/dialer.js'
import { RECENT_MESSAGES } from './client/recent-messages.js'
import type { MqttConfig } from './manifest.js'

/**
 * The client that publishes, calls and receives answers; it has the will. Acknowledgements and answers arrive even while
 * the receivers of messages are paused: it is paused only while the host has not taken the answers that fill the memory.
 */
export function mainRole(config: MqttConfig, clientId: string): Role {
  return { ...receiving(config, clientId), needsState: true, ...(config.will && { will: config.will }) }
}

/** The client that subscribes. It is paused while its subscriptions hold back the maximum number of bytes. */
export function subscriberRole(config: MqttConfig, clientId: string): Role {
  return { ...receiving(config, `${clientId}-sub`), paced: true }
}

/**
 * The client that serves methods. It is paused while a service is full, and separate because handlers may wait for
 * answers on the main connection.
 */
export function serverRole(config: MqttConfig, clientId: string): Role {
  const role = receiving(config, `${clientId}-serve`)
  // Requests are acknowledged on receipt, so a smaller window does not slow them down.
  return { ...role, receiveMaximum: Math.min(role.receiveMaximum ?? RECENT_MESSAGES, RECENT_MESSAGES) }
}

/**
 * A client that consumes one queue. Its session survives the loss of the connection even with `clean_session = true`.
 */
export function queueRole(config: MqttConfig, clientId: string): Role {
  return { ...receiving(config, clientId), clean: false, sessionExpiryMs: config.session_expiry }
}

function receiving(config: MqttConfig, clientId: string): Role {
  const { clean_session: clean, session_expiry, receive_maximum: receiveMaximum } = config
  return { clientId, clean, sessionExpiryMs: clean ? 0 : session_expiry, receiveMaximum, paced: false }
}
