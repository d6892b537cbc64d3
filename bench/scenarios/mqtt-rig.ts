import { type Mosquitto, startMosquitto } from '../../test/support/mosquitto.js'
import { LoadProcess } from '../load/load-process.js'
import type { FlooderOrder } from '../load/orders.js'

/** Quiet logs, and a queue that bounds the broker's memory under a flood. */
const CONFIG = [
  'log_type error',
  'log_type warning',
  'log_type notice',
  'log_type information',
  'connection_messages false',
  'max_queued_messages 20000',
  'max_inflight_messages 1024',
]

/** For messages that come one by one: else the kernel would hold them back on loopback and send them in heaps. */
export const NO_DELAY = ['set_tcp_nodelay true']

/** Runs `use` with a broker of its own. */
export async function withBroker<T>(
  use: (broker: Mosquitto) => Promise<T>,
  config: readonly string[] = [],
): Promise<T> {
  const broker = await startMosquitto({ config: [...CONFIG, ...config] })
  try {
    return await use(broker)
  } finally {
    await broker.stop()
  }
}

/** Runs `use` with a broker and a flooder that is connected to it. */
export async function withFlooder<T>(
  use: (port: number, flooder: LoadProcess<FlooderOrder>) => Promise<T>,
  config?: readonly string[],
): Promise<T> {
  return withBroker(async ({ port }) => {
    const flooder = await LoadProcess.start<FlooderOrder>('./flooder.js', [port, 'mqtt'])
    try {
      return await use(port, flooder)
    } finally {
      await flooder.stop()
    }
  }, config)
}

/** Runs `use` with a broker that outruns its subscribers. */
export async function withFastBroker<T>(
  use: (port: number, broker: LoadProcess<FlooderOrder>) => Promise<T>,
): Promise<T> {
  const broker = await LoadProcess.start<FlooderOrder>('./fast-broker.js')
  try {
    return await use(Number(broker.ready), broker)
  } finally {
    await broker.stop()
  }
}
