/** Runs a clean-up and ignores its failure: an adapter whose `close` throws must not end the actor. Never rejects. */
export async function quietly(cleanUp: () => unknown): Promise<void> {
  try {
    await cleanUp()
  } catch {
    // What could not be closed ends with the connection.
  }
}
