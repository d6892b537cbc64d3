// Starts a broker, tells its pid and its folder, and waits to be killed.
import { startMosquitto } from '../mosquitto.js'

const broker = await startMosquitto()
process.send!({ pid: broker.pid, folder: broker.folder })
