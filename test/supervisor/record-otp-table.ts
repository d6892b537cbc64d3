// Records what real Erlang/OTP does, for machines without it:
//   npm run build && node dist/test/supervisor/record-otp-table.js
import { writeFile } from 'node:fs/promises'
import { generateScenarios } from './generate.js'
import { askOtp } from './otp-oracle.js'
import { formatScenario } from './scenario.js'

const TABLE = new URL('../../../test/supervisor/otp-table.json', import.meta.url)
const scenarios = generateScenarios(1986, 300)
const outcomes = await askOtp(scenarios)
if (outcomes === undefined) throw new Error('Erlang/OTP (erl, erlc) is needed to record its behaviour')
const table = Object.fromEntries(scenarios.map((scenario, n) => [formatScenario(scenario), outcomes[n]]))
await writeFile(TABLE, `${JSON.stringify(table, undefined, 2)}\n`)
