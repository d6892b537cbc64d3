/** How many messages a client lets the gateway send. */
export class Credit {
  #left: number
  /** Continues the loop that waits for credit. */
  #wake: () => void = () => {}

  /** @param messages Infinity for no limit */
  constructor(messages: number) {
    this.#left = messages
  }

  get left(): number {
    return this.#left
  }

  give(messages: number): void {
    this.#left += messages
    this.#wake()
  }

  spend(): void {
    this.#left--
  }

  /** Ends the wait of the loop, because the feed is closed. */
  end(): void {
    this.#wake()
  }

  /** Waits until there is credit, or the feed is closed. */
  async available(isClosed: () => boolean): Promise<void> {
    while (this.#left <= 0 && !isClosed())
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
  }
}
