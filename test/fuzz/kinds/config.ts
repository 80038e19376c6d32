import { parseUnit } from '../../../collectors/k3s/unit.ts'
import {
  commandFlags,
  configFile,
  execStart,
  mergeFlags,
  parseEnvironment,
  unitValues,
  words,
} from '../../../collectors/node/flags.ts'
import { commandLine } from '../../../collectors/node/process.ts'
import { parseServers } from '../../../collectors/node/servers.ts'
import { must } from '../kind.ts'
import { through } from './through.ts'

const secret = 'K10c0ffee::server:hunter2'

/** How k3s is told what to do, by each reader: files, units, command lines. */
function read(text: string): void {
  const flags = mergeFlags(configFile(text), commandFlags(commandLine(text)), commandFlags(execStart(text)))
  for (const [name, values] of Object.entries(flags))
    must(
      Array.isArray(values) && values.every((it) => typeof it === 'string'),
      'flags are texts',
      () => `${name} ${JSON.stringify(values)}`,
    )
  parseEnvironment(text)
  unitValues(text, 'ExecStart').flatMap(words)
  parseUnit(text, 0)
  parseServers(text)
  const told = JSON.stringify(
    mergeFlags(configFile(`token: ${secret}\n${text}`), commandFlags(['k3s', 'server', '--token', secret])),
  )
  must(!told.includes('hunter2') || text.includes('hunter2'), 'a token is left out', () => told)
}

export const config = through({
  name: 'config',
  cases: 35,
  parts:
    /^file \/etc\/(rancher|systemd)|^file \/proc\/1234|^run systemctl|^file \/etc\/(passwd|environment)|^file \/proc\/self/,
  collectors: ['k3s', 'cni', 'certs'],
  also: (parts) => parts.map((it) => read(it.bytes.toString())),
  growth: {
    around: ['', 'ExecStart=', 'a: [', 'disable:\n', 'k3s\0server\0', '"', ']\n'],
    pieces: [
      '-a\0',
      '--flag=value\0',
      '--a b ',
      'a: b\n',
      '- a\n',
      'A=b\n',
      '\\\n',
      '\\\n# x\n',
      '"a',
      "'",
      ' ',
      '\t',
      '#',
      'a: "',
      '[a,',
      'Environment=A=b\n',
      'https://a:1,',
      'a',
    ],
    read: (bytes) => read(bytes.toString()),
    most: 256 * 1024,
  },
})
