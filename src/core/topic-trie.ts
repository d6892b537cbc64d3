interface Node<T> {
  readonly children: Map<string, Node<T>>
  readonly values: Set<{ readonly value: T }>
}

const newNode = <T>(): Node<T> => ({ children: new Map(), values: new Set() })

/**
 * Finds the patterns that match a topic (see `topicMatches`). The time depends on the depth of the topic, not on the
 * number of patterns; there is no recursion, so that no topic can exhaust the stack. Invalid patterns
 * (`topicPatternFault`) match nothing.
 */
export class TopicTrie<T> {
  readonly #root: Node<T> = newNode()
  #size = 0

  /** The number of values. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds a value under a pattern. The same value may be added several times and is then found several times.
   * @returns a function that removes this entry; idempotent
   */
  add(pattern: string, value: T): () => void {
    const levels = pattern.split('/')
    let node = this.#root
    for (const level of levels) {
      let child = node.children.get(level)
      if (!child) {
        child = newNode()
        node.children.set(level, child)
      }
      node = child
    }
    const entry = { value }
    node.values.add(entry)
    this.#size++
    return () => {
      if (!node.values.delete(entry)) return
      this.#size--
      this.#prune(levels)
    }
  }

  /** @returns the values of all patterns that match the topic, in no particular order */
  match(topic: string): T[] {
    const found: T[] = []
    const levels = topic.split('/')
    let reached: Node<T>[] = [this.#root]
    for (const [depth, level] of levels.entries()) {
      // MQTT 5, 4.7.2: a wildcard in the first level does not match a level that begins with "$".
      const wildcards = depth > 0 || !level.startsWith('$')
      const next: Node<T>[] = []
      for (const node of reached) {
        if (wildcards) {
          collect(node.children.get('#'), found)
          push(node.children.get('+'), next)
        }
        if (level !== '+' && level !== '#') push(node.children.get(level), next)
      }
      if (next.length === 0) return found
      reached = next
    }
    for (const node of reached) {
      collect(node, found)
      // MQTT 5, 4.7.1.2: "a/#" also matches its parent "a".
      collect(node.children.get('#'), found)
    }
    return found
  }

  #prune(levels: readonly string[]): void {
    const path = [this.#root]
    for (const level of levels) {
      const child = path[path.length - 1]!.children.get(level)
      if (!child) return
      path.push(child)
    }
    for (let i = levels.length; i > 0; i--) {
      const node = path[i]!
      if (node.values.size > 0 || node.children.size > 0) return
      path[i - 1]!.children.delete(levels[i - 1]!)
    }
  }
}

function collect<T>(node: Node<T> | undefined, into: T[]): void {
  if (node) for (const entry of node.values) into.push(entry.value)
}

function push<T>(node: Node<T> | undefined, into: Node<T>[]): void {
  if (node) into.push(node)
}
