// Tells in lines what the quickstart does, where its output is not a terminal: on one, `nemo-gateway run` shows a table.

const time = () => new Date().toTimeString().slice(0, 8)

/** Counts what it is told, and writes a line a second about it. */
export function startNarrator(write = (text) => process.stdout.write(`${time()} app   ${text}\n`)) {
  if (process.stdout.isTTY) return { reading() {}, alarm() {}, close() {} }
  let readings = 0
  let alarms = 0
  let newest
  write('two sensors publish through "events"; "flaky" receives, and crashes on purpose every 4 s')
  const timer = setInterval(() => {
    write(
      `received ${readings} messages in a second, the newest: ${newest ?? 'none yet'}; ${alarms} alarms handled`,
    )
    readings = 0
    alarms = 0
  }, 1_000)
  return {
    reading({ sensor, celsius }) {
      readings += 1
      const first = newest === undefined
      newest = `${sensor} ${celsius.toFixed(1)} °C`
      if (first) write(`first message: ${newest}`)
    },
    alarm() {
      alarms += 1
    },
    close: () => clearInterval(timer),
  }
}
