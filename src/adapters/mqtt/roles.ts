import type { Role } from './client/dialer.js'
import type { MqttConfig } from './manifest.js'

/**
 * The client that publishes, calls and gets the answers; it has the will. Nothing ever stops it from being read,
 * so that acknowledgements and answers are seen whatever the receivers of messages do.
 */
export function mainRole(config: MqttConfig, clientId: string): Role {
  return { ...receiving(config, clientId), needsState: true, ...(config.will && { will: config.will }) }
}

/** The client that subscribes: it is not read while its subscriptions hold back as much as they may. */
export function subscriberRole(config: MqttConfig, clientId: string): Role {
  return { ...receiving(config, `${clientId}-sub`), paced: true }
}

/**
 * The client that serves methods: it is not read while a service is full, because its handlers wait for answers on the
 * main connection, say.
 */
export function serverRole(config: MqttConfig, clientId: string): Role {
  return receiving(config, `${clientId}-serve`)
}

/** A client that consumes one queue; its session survives the loss of the connection whatever `clean_session` says. */
export function queueRole(config: MqttConfig, clientId: string): Role {
  return { ...receiving(config, clientId), clean: false, sessionExpiryMs: config.session_expiry }
}

function receiving(config: MqttConfig, clientId: string): Role {
  const { clean_session: clean, session_expiry, receive_maximum: receiveMaximum } = config
  return { clientId, clean, sessionExpiryMs: clean ? 0 : session_expiry, receiveMaximum, paced: false }
}
