import { Gateway } from '../../src/index.js'

// Runs the gateway of a configuration, in the object form as JSON, until it is killed or asked to stop.
const gateway = await Gateway.start(JSON.parse(process.argv[2]!) as Parameters<typeof Gateway.start>[0], {
  logger: ({ level, message }) => void process.stdout.write(`${level} ${message}\n`),
})
process.on('SIGTERM', () => void gateway.shutdown({ timeout: '10s' }).then(() => process.exit()))
process.stdout.write('open\n')
