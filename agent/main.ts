#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import type { PageCommand } from './cli/commands/page.ts'
import { leave } from './cli/leave.ts'
import { readVersion } from './cli/version.ts'
import type { PageWord } from './model/index.ts'

/** Each command's code is loaded only when it is called, so that `agent status` answers at once. */
const program = new Command('agent')
  .description('Murphy: what is wrong with this k3s node, what follows from it, and what to do next')
  .option('-c, --config <FILE>', 'settings to go by instead of /etc/murphy/config.yaml')
  .configureHelp({ showGlobalOptions: true })
  .exitOverride()
  .showHelpAfterError('(see agent --help)')

interface Globals {
  readonly config?: string
}
const all = <T extends object>(own: T): T & Globals => ({ ...program.opts<Globals>(), ...own })
const done = async (exit: number | Promise<number>) => {
  process.exitCode = await exit
}

program
  .command('run')
  .description('watch this node until told to stop')
  .action(async () => done((await import('./cli/commands/run.ts')).run(all({}))))
program
  .command('status')
  .description(
    'what is wrong, what was told, what runs out; exit code 0 well, 1 warning, 2 critical, 3 unknown',
  )
  .option('--json', 'for scripts')
  .option('--watch', 'keep it open')
  .option('--brief', 'a few lines; nothing when all is well')
  .action(async (own: object) => done((await import('./cli/commands/status.ts')).status(all(own))))
program
  .command('check')
  .description('look once, without a daemon; the same exit codes as status')
  .option('--json', 'for scripts')
  .option('--node <DIR>', 'look at a recorded node instead of this machine')
  .option('--at <TIME>', 'as if it were then, such as 2027-11-15T12:00:00Z')
  .action(async (own: object) => done((await import('./cli/commands/check.ts')).check(all(own))))
program
  .command('explain')
  .argument('[CODE]', 'such as firewall.flushed; without it, which finding may lead to which')
  .description('what a finding means, what to do and what never to do')
  .option('--markdown', 'everything, as docs/findings.md has it')
  .action(async (code: string | undefined, own: object) =>
    done((await import('./cli/commands/explain.ts')).explain(code, own)),
  )
program
  .command('notify')
  .description('try the sinks')
  .option('--test', 'send a test message to each sink')
  .option('--sink <NAME>', 'only to this one')
  .action(async (own: object) => done((await import('./cli/commands/notify.ts')).notify(all(own))))
program
  .command('silence')
  .argument('[WHAT]', 'all, a code, a collector or a subject; without it, the list')
  .description('tell nobody of it for a while; it stands in the status all the same')
  .option('--for <TIME>', 'such as 90m, 2h or 1d; an hour if absent')
  .option('--why <TEXT>', 'for whoever reads the list')
  .option('--end', 'tell of it again')
  .action(async (what: string | undefined, own: object) =>
    done((await import('./cli/commands/silence.ts')).silence(what, all(own))),
  )
program
  .command('history')
  .description('what happened, oldest first')
  .option('--since <TIME>', 'such as 12h or 7d')
  .option('--json', 'for scripts')
  .action(async (own: object) => done((await import('./cli/commands/history.ts')).history(all(own))))
program
  .command('why')
  .argument('[WHICH]', 'the id of an incident, or a code or subject in it; without it, the newest')
  .description('which causes an incident may have, and why each was taken or not')
  .option('--json', 'for scripts')
  .action(async (which: string | undefined, own: object) =>
    done((await import('./cli/commands/why.ts')).why(which, all(own))),
  )
const config = program.command('config').description('the settings')
config
  .command('check')
  .description('whether they are right; everything that is not, at once')
  .action(async () => done((await import('./cli/commands/config.ts')).configCheck(all({}))))
config
  .command('print')
  .description('as Murphy goes by them, secrets hidden')
  .action(async () => done((await import('./cli/commands/config.ts')).configPrint(all({}))))
config
  .command('schema')
  .description('JSON Schema, for editors')
  .action(async () => done((await import('./cli/commands/config.ts')).configSchema()))
program
  .command('record')
  .argument('<PLACE>', 'a folder that is new or empty; with --for a file that is new')
  .description('write this node to a folder that `check --node` can look at; without secrets and log text')
  .option(
    '--for <TIME>',
    'write a film to a file instead, such as 10m: all rounds of that time, for `replay`',
  )
  .option('--logs', 'with the text of logs, as far as nothing in it looks like a secret')
  .action(async (place: string, { for: length, ...own }: { for?: string; logs?: boolean }) =>
    done(
      length === undefined
        ? (await import('./cli/commands/record.ts')).record(place, all(own))
        : (await import('./cli/commands/film.ts')).film(place, all({ ...own, for: length })),
    ),
  )
program
  .command('replay')
  .argument('<FILE>', 'a film from `record --for`')
  .description('show what would have been told during a film, and when; or a page at one moment of it')
  .option('--at <TIME>', 'the status at that moment: 02:13:04, 4m30s after the beginning, or RFC 3339')
  .option(
    '--page <NAME>',
    'with --at: the page of a collector instead of the status, as its command shows it',
  )
  .option('--min <SEVERITY>', 'the mildest severity that is told: info, warning (if absent) or critical')
  .option('--speed <N>', 'N times as fast as it happened; all at once if absent')
  .option('--json', 'for scripts')
  .action(async (file: string, own: object) =>
    done((await import('./cli/commands/replay.ts')).replay(file, all(own))),
  )
program
  .command('version')
  .description('which Murphy this is')
  .action(() => {
    process.stdout.write(`murphy ${readVersion()}, node ${process.version}\n`)
  })

/** Adds a collector's page with its subcommands. */
function add(parent: Command, { name, meaning, words, parts, run }: PageCommand): void {
  const command = parent.command(name).description(meaning)
  const isOption = ([form]: PageWord) => form.startsWith('-')
  for (const [form, about] of words.filter(isOption)) command.option(form, about)
  for (const [form, about] of words.filter((it) => !isOption(it))) command.argument(form, about)
  // With those of the commands above it: commander gives `--node` after `firewall diff` to `firewall`.
  command.action(async () => done(run(command.args, command.optsWithGlobals())))
  for (const part of parts) add(command, part)
}

try {
  // Listing the pages loads all collectors, which the commands above do not need.
  const [word = 'help'] = program.parseOptions(process.argv.slice(2)).operands
  if (!program.commands.some((it) => it.name() === word))
    for (const page of (await import('./cli/commands/page.ts')).pages()) add(program, page)
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 3
  else if (error instanceof Error && error.name === 'Refusal') {
    process.stderr.write(`agent: ${error.message}\n`)
    process.exitCode = (error as Error & { exit: number }).exit
  } else {
    process.stderr.write(
      `agent: this is a mistake in Murphy, please report it: ${error instanceof Error ? error.stack : error}\n`,
    )
    process.exitCode = 3
  }
}
leave()
