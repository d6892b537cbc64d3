/** The address of one broker. */
export interface BrokerAddress {
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss' | 'unix'
  /** The host, or the socket path if the transport is `unix`. */
  readonly host: string
  readonly port: number
  /** The path for the WebSocket handshake; begins with a slash. */
  readonly path: string
}

/** Formats an address for messages. */
export function showAddress({ transport, host, port }: BrokerAddress): string {
  return transport === 'unix' ? `unix:${host}` : `${host}:${port}`
}
