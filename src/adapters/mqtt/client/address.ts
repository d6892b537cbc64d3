/** Where and how one broker is reached. */
export interface BrokerAddress {
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss' | 'unix'
  /** The path of the socket where the transport is `unix`. */
  readonly host: string
  readonly port: number
  /** Of the WebSocket handshake; begins with a slash. */
  readonly path: string
}

/** An address as messages show it. */
export function showAddress({ transport, host, port }: BrokerAddress): string {
  return transport === 'unix' ? `unix:${host}` : `${host}:${port}`
}
