// Prints the readings of all sites.

/** Called by `nemo-gateway run --app` when the gateway has started. */
export default function central(gateway) {
  const readings = gateway.queue('central').consume('readings', { concurrency: 16 })
  readings.each(({ value: { room, n, celsius } }) => {
    process.stdout.write(`${room} reading ${n}: ${celsius.toFixed(1)} °C\n`)
  })
}
