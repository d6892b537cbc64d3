import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PacketSize } from '../../../src/brokers/mqtt/packet-size.js'

/** A packet with a body of `size` bytes (MQTT 3.1.1, section 2.2). */
function packet(size: number): Buffer {
  const header = [0x30]
  let rest = size
  do {
    header.push((rest % 128) + (rest >= 128 ? 128 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.concat([Buffer.from(header), Buffer.alloc(size, 0xff)])
}

describe('PacketSize', () => {
  it('refuses a stream exactly when a packet in it is too large, however it is cut', () => {
    const sizes = fc.array(fc.oneof(fc.nat(5), fc.nat(300), fc.nat(20_000)), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 500 }), fc.nat(20_000), (packets, cut, limit) => {
        const stream = Buffer.concat(packets.map(packet))
        const size = new PacketSize(limit)
        let accepted = true
        for (let at = 0; at < stream.length && accepted; at += cut)
          accepted = size.accepts(stream.subarray(at, at + cut))
        expect(accepted).toBe(packets.every((one) => one <= limit))
      }),
    )
  })

  it('refuses a length of more than four bytes', () => {
    expect(new PacketSize(1_000).accepts(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80]))).toBe(false)
  })
})
