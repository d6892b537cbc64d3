import { beforeEach, describe, expect, it } from 'vitest'
import { boundStore, type Store } from '../../../src/brokers/mqtt/bounded-store.js'

const packet = (topic: string, size: number) => ({ topic, payload: Buffer.alloc(size) })
const session = (clientId: string) => ({ clientId })

describe('the bounds of the MQTT store', () => {
  const kept: string[] = []
  const dropped: string[] = []
  let removed: { topic?: string; payload?: Buffer } | undefined
  let left: unknown[] = []
  let store: Store

  beforeEach(() => {
    kept.length = 0
    dropped.length = 0
    left = []
    store = {
      storeRetained: async ({ topic }) => {
        kept.push(topic)
      },
      outgoingEnqueueCombi: async (sessions) => {
        kept.push(...sessions.map(({ clientId }) => clientId))
      },
      outgoingClearMessageId: async () => removed,
      addSubscriptions: async () => {},
      removeSubscriptions: async () => {},
      cleanSubscriptions: async () => {},
      subscriptionsByClient: async () => left,
    }
    boundStore(store, { retained: 2, queued: 2, sessions: 2, bytes: 1_000 }, (id) => dropped.push(id))
  })

  it('holds so many retained messages and bytes, and has room again for what was removed', async () => {
    await store.storeRetained(packet('a', 400))
    await expect(store.storeRetained(packet('b', 700))).rejects.toThrow(/retained/)
    await store.storeRetained(packet('b', 400))
    await expect(store.storeRetained(packet('c', 1))).rejects.toThrow(/retained/)
    await store.storeRetained(packet('b', 500))
    await store.storeRetained(packet('a', 0))
    await store.storeRetained(packet('c', 400))
    expect(kept).toEqual(['a', 'b', 'b', 'a', 'c'])
  })

  it('queues so much for a session, and drops only what is beyond', async () => {
    await store.outgoingEnqueueCombi([session('x'), session('y')], packet('t', 10))
    await store.outgoingEnqueueCombi([session('x')], packet('t', 10))
    await store.outgoingEnqueueCombi([session('x'), session('y')], packet('t', 10))
    expect(kept).toEqual(['x', 'y', 'x', 'y'])
    expect(dropped).toEqual(['x'])
    removed = packet('t', 10)
    await store.outgoingClearMessageId({ id: 'x' }, {})
    await store.outgoingEnqueueCombi([session('x')], packet('t', 10))
    expect(kept.at(-1)).toBe('x')
    expect(kept).toHaveLength(5)
  })

  it('gives back the bytes of a queue, also where the packet was replaced by its release', async () => {
    for (let round = 0; round < 10; round++) {
      await store.outgoingEnqueueCombi([session('x')], packet('t', 400))
      await store.outgoingEnqueueCombi([session('x')], packet('t', 400))
      removed = {}
      await store.outgoingClearMessageId({ id: 'x' }, {})
      await store.outgoingClearMessageId({ id: 'x' }, {})
    }
    expect(dropped).toEqual([])
    expect(kept).toHaveLength(20)
  })

  it('keeps so many sessions', async () => {
    await store.addSubscriptions({ id: 'a' }, [])
    await store.addSubscriptions({ id: 'b' }, [])
    await store.addSubscriptions({ id: 'a' }, [])
    await expect(store.addSubscriptions({ id: 'c' }, [])).rejects.toThrow(/sessions/)
    await store.removeSubscriptions({ id: 'a' }, [])
    await store.addSubscriptions({ id: 'c' }, [])
    left = ['one more']
    await store.removeSubscriptions({ id: 'b' }, [])
    await expect(store.addSubscriptions({ id: 'd' }, [])).rejects.toThrow(/sessions/)
    await store.cleanSubscriptions({ id: 'b' })
    await store.addSubscriptions({ id: 'd' }, [])
  })
})
