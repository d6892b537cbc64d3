import type { SessionPort } from '../session-port.js'

/** Waits until the client has read enough. */
export async function untilReady(session: Pick<SessionPort, 'ready'>): Promise<void> {
  for (let ready = session.ready(); ready !== undefined; ready = session.ready()) await ready
}
