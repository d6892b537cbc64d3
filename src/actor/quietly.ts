/** Runs a clean-up whose failure changes nothing: an adapter's `close` that throws must not end the actor. Never rejects. */
export async function quietly(cleanUp: () => unknown): Promise<void> {
  try {
    await cleanUp()
  } catch {
    // What could not be ended ends with the connection.
  }
}
