import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** All that users may read: pages, settings, scripts, and every sentence in the sources, errors among them. */

const root = join(import.meta.dirname, '../..')
/** How the core is measured, and what holds the rules for Prometheus: nobody reads them for help. */
const notForUsers = /^docs\/(?:adr\/|sequences\.md$|monitoring\/murphy\.rules\.test\.yml$)/

const filesIn = (folder: string, name: RegExp): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((it) => `${folder}/${it}`)
    .filter((it) => name.test(it) && !notForUsers.test(it))

export interface Line {
  /** The file, and the number of the line where that is known. */
  readonly at: string
  readonly text: string
}

/** The lines of pages and settings, and those of scripts that are no comments. */
export const writtenLines = (): readonly Line[] =>
  [
    ...['README.md', 'SECURITY.md', 'install.sh', 'systemd/config.yaml', 'systemd/motd'],
    ...filesIn('docs', /\.(?:md|ya?ml|json)$/),
    ...filesIn('systemd', /^systemd\/[a-z]+\.sh$/),
  ].flatMap((file) =>
    (file === 'docs/performance.md' ? withoutPrinted(file) : readFileSync(join(root, file), 'utf8'))
      .split('\n')
      .map((text, at) => ({ at: `${file}:${at + 1}`, text }))
      .filter(({ text }) => !file.endsWith('.sh') || !/^\s*#/.test(text))
      // In a shell, and in a sentence with code, a backtick is no end of what is read.
      .map((it) => (file.endsWith('.sh') ? { ...it, text: it.text.replaceAll('`', '') } : it)),
  )

/** What the bench printed stands in blocks of code there: names of what is measured, for developers. */
const withoutPrinted = (file: string) =>
  readFileSync(join(root, file), 'utf8').replace(/^```\n[\s\S]*?^```$/gm, (it) => it.replace(/[^\n]/g, ''))

const comments = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/ .*$/gm
const literals = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g

/** What stands in quotes in the sources and has more than one word, but SQL. */
export const sourceTexts = (): readonly Line[] =>
  ['agent', 'collectors'].flatMap((folder) =>
    filesIn(folder, /\.ts$/).flatMap((file) =>
      Array.from(
        readFileSync(join(root, file), 'utf8').replace(comments, '').matchAll(literals),
        ([, single, double, template]) => ({
          at: file,
          text: (single ?? double ?? template ?? '').replaceAll('\\`', '`'),
        }),
      ).filter(({ text }) => text.includes(' ') && !/^\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE) /.test(text)),
    ),
  )
