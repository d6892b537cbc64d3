import { openBuffer } from './folder.js'

// Holds the folder that is its argument until it is killed.
await openBuffer(process.argv[2]!, { owner: 'route "orders"' })
process.stdout.write('open\n')
setInterval(() => {}, 1_000)
