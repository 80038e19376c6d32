#!/usr/bin/env node
import { status } from './cli/commands/status.ts'
import { leave } from './cli/leave.ts'
import { plain } from './cli/plain.ts'
import { ownName, usualName } from './text/own-name.ts'

const words = process.argv.slice(2)
const it = plain(words)
try {
  if (it?.command === 'status') process.exitCode = await status(it.options)
  else if (it) process.exitCode = await (await import('./cli/commands/run.ts')).run(it.options)
  else await (await import('./program.ts')).obey(words)
} catch (error) {
  const called = ownName(process.env.MURPHY_COMMAND) ?? usualName
  if (error instanceof Error && error.name === 'Refusal') {
    process.stderr.write(`${called}: ${error.message.replaceAll('`agent ', `\`${called} `)}\n`)
    process.exitCode = (error as Error & { exit: number }).exit
  } else {
    process.stderr.write(
      `${called}: this is a mistake in Murphy, please report it: ${error instanceof Error ? error.stack : error}\n`,
    )
    process.exitCode = 3
  }
}
leave()
