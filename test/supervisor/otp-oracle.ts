import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { formatScenario, type Scenario } from './scenario.js'

const run = promisify(execFile)
/** The tests run compiled, from `dist/test/supervisor`; the Erlang source stays where it is. */
const SOURCE = new URL('../../../test/supervisor/otp_oracle.erl', import.meta.url).pathname

/**
 * Asks real Erlang/OTP what its supervisor does in each scenario; one `erl` for all of them.
 * @returns the outcomes in their order, or `undefined` on a machine without Erlang.
 */
export async function askOtp(scenarios: readonly Scenario[]): Promise<readonly string[] | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-otp-'))
  try {
    const input = join(folder, 'scenarios')
    await writeFile(input, scenarios.map((scenario) => `${formatScenario(scenario)}\n`).join(''))
    await run('erlc', ['-o', folder, SOURCE])
    const { stdout } = await run(
      'erl',
      // -run passes the remaining words to main/1 as one list.
      ['-noshell', '-pa', folder, '-run', 'otp_oracle', 'main', input],
      { timeout: 120_000, maxBuffer: 64 * 1024 * 1024 },
    )
    return stdout.trimEnd().split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
