import { Command, CommanderError } from 'commander'
import type { CommandTree } from './cli/commands/completion.ts'
import type { PageCommand } from './cli/commands/page.ts'
import { switchesOfStatus } from './cli/plain.ts'
import { readVersion } from './cli/version.ts'
import type { PageWord } from './model/index.ts'
import { ownName, usualName } from './text/own-name.ts'

/** Under which name it was called, as the installed command says. */
const called = ownName(process.env.MURPHY_COMMAND) ?? usualName

/** All commands. The code of each is loaded only when it is called. */
export const program = new Command(called)
  .description('Murphy: what is wrong with this k3s node, what follows from it, and what to do next')
  .version(`murphy ${readVersion()}, node ${process.version}`, '-V, --version', 'print the version')
  .option('-c, --config <FILE>', 'settings file, instead of /etc/murphy/config.yaml')
  .option('--local', "show times in this machine's zone, not UTC; on a terminal TZ does the same")
  .configureHelp({ showGlobalOptions: true })
  .exitOverride()
  .showHelpAfterError(`(see ${called} --help)`)

interface Globals {
  readonly config?: string
  readonly local?: boolean
}
const all = <T extends object>(own: T): T & Globals => ({ ...program.opts<Globals>(), ...own })
const done = async (exit: number | Promise<number>) => {
  process.exitCode = await exit
}

/** The options of what shows what is or was. */
const shows = (command: Command) =>
  command
    .option('-o, --output <FORM>', 'json, yaml, wide (all there is) or name (CODE/SUBJECT, one a line)')
    .option('--json', 'the same as -o json')
const graded = (command: Command) =>
  shows(command).option(
    '--severity <SEVERITY>',
    'only incidents of this severity or worse: info, warning, critical',
  )

program
  .command('run')
  .description('watch this node in the foreground')
  .action(async () => done((await import('./cli/commands/run.ts')).run(all({}))))
const status = graded(program.command('status')).description(
  'show what is wrong, and what to do; exit code 0 well, 1 warning, 2 critical, 3 unknown',
)
for (const [forms, meaning] of switchesOfStatus) status.option(forms, meaning)
status.action(async (own: object) => done((await import('./cli/commands/status.ts')).status(all(own))))
graded(program.command('check'))
  .description('check this node once, without a running agent; the same exit codes as status')
  .option('-v, --verbose', 'also all that could not be seen')
  .option('--node <DIR>', 'check a recorded node instead of this machine')
  .option('--at <TIME>', 'run the check as of that time, such as 2027-11-15T12:00:00Z')
  .action(async (own: object) => done((await import('./cli/commands/check.ts')).check(all(own))))
shows(program.command('doctor'))
  .description(
    'check that Murphy sees and sends all that it should on this node; the same exit codes as status',
  )
  .option('--send', 'send a test message to each sink, and a ping to each heartbeat')
  .action(async (own: object) => done((await import('./cli/commands/doctor.ts')).doctor(all(own))))
program
  .command('explain')
  .argument(
    '[CODE]',
    'such as firewall.flushed, or an area such as firewall; without it, which finding may lead to which',
  )
  .description('explain a finding: what it means, what to do, what not to do')
  .option('--markdown', 'everything, as docs/findings.md has it')
  .action(async (code: string | undefined, own: object) =>
    done((await import('./cli/commands/explain.ts')).explain(code, all(own))),
  )
program
  .command('notify')
  .description('test the sinks')
  .option('--test', 'send a test message to each sink')
  .option('--sink <NAME>', 'only to this one')
  .action(async (own: object) => done((await import('./cli/commands/notify.ts')).notify(all(own))))
program
  .command('silence')
  .argument(
    '[WHAT...]',
    'all, a code (memory.oom-killed), a subject or pod (shop/db-0), both (memory.oom-killed/shop/db-0), an area (memory) or an id; without it, the list',
  )
  .description('mute notifications for a while; status still shows what is muted')
  .option('--for <TIME>', 'such as 90m, 2h or 1d; an hour if absent')
  .option('--why <TEXT>', 'for whoever reads the list')
  .option('--end', 'notify again')
  // A subject may have a blank in it, as `pod 38b85a3d` of a pod without a name, and nobody quotes it.
  .action(async (what: readonly string[], own: object) =>
    done((await import('./cli/commands/silence.ts')).silence(what.join(' ') || undefined, all(own))),
  )
graded(program.command('history'))
  .description('show what happened, oldest first')
  .option('--since <TIME>', 'such as 12h or 7d')
  .action(async (own: object) => done((await import('./cli/commands/history.ts')).history(all(own))))
shows(program.command('why'))
  .argument(
    '[WHICH]',
    'an incident by id, or a code, a subject or CODE/SUBJECT in it; without it, the gravest that is open',
  )
  .description('show which causes an incident may have, and why each was taken or not')
  .action(async (which: string | undefined, own: object) =>
    done((await import('./cli/commands/why.ts')).why(which, all(own))),
  )
const config = program.command('config').description('check or print the settings')
config
  .command('check')
  .description('check the settings, and name all mistakes at once')
  .action(async () => done((await import('./cli/commands/config.ts')).configCheck(all({}))))
config
  .command('print')
  .description('print all settings in effect, secrets hidden')
  .action(async () => done((await import('./cli/commands/config.ts')).configPrint(all({}))))
config
  .command('schema')
  .description('print a JSON Schema of the settings, for editors')
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
  .description('show which messages a film leads to, and when; or a page at one moment of it')
  .option('--at <TIME>', 'the status at that moment: 02:13:04, 4m30s after the beginning, or RFC 3339')
  .option(
    '--page <NAME>',
    'with --at: the page of a collector instead of the status, as its command shows it',
  )
  .option('--min <SEVERITY>', 'the mildest severity that is sent: info, warning (if absent) or critical')
  .option('--speed <N>', 'N times as fast as it happened; all at once if absent')
  .option('--json', 'for scripts')
  .action(async (file: string, own: object) =>
    done((await import('./cli/commands/replay.ts')).replay(file, all(own))),
  )
program
  .command('completion')
  .argument('<SHELL>', 'bash, zsh or fish')
  .description('print the completion script for a shell')
  .action(async (shell: string) =>
    done((await import('./cli/commands/completion.ts')).completion(shell, treeOf(program), all({}))),
  )
program
  .command('man')
  .description('print this help as a man page, in the language of man(7)')
  .action(async () => done((await import('./cli/commands/man.ts')).man(treeOf(program), all({}))))
program
  .command('version')
  .description('print the version')
  .option(
    '--check',
    'also ask whether there is a newer one, where this one was installed from; exit code 1 if so',
  )
  .action(async (own: object) => done((await import('./cli/commands/version.ts')).version(own)))

/** All commands as data, for completion and the manual page. */
function treeOf(command: Command): CommandTree {
  return {
    name: command.name(),
    meaning: command.description(),
    words: command.registeredArguments.map((it) => ({
      name: it.name(),
      required: it.required,
      meaning: it.description,
    })),
    options: command.options.map(({ short, long, flags, description }) => ({
      forms: [short, long].filter((it) => it !== undefined),
      ...(/<(.+)>/.test(flags) && { value: /<(.+)>/.exec(flags)?.[1] ?? '' }),
      meaning: description,
    })),
    commands: command.commands.map(treeOf),
  }
}

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

/** Does what these words ask for; what ends it by itself sets `process.exitCode`. Rejects with what a command refuses. */
export async function obey(words: readonly string[]): Promise<void> {
  try {
    // Listing the pages loads all collectors, which the commands above do not need.
    const [word = 'help'] = program.parseOptions([...words]).operands
    if (['completion', 'man'].includes(word) || !program.commands.some((it) => it.name() === word))
      for (const page of (await import('./cli/commands/page.ts')).pages()) add(program, page)
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? 0 : 3
  }
}
