import { runJq } from '../src/actor/run-jq.js'

await runJq()
