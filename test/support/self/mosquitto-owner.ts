// Starts a broker, tells its pid, and waits to be killed.
import { startMosquitto } from '../mosquitto.js'

const broker = await startMosquitto()
process.send!(broker.pid)
