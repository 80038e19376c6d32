import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { layOut } from '../../../systemd/release/tree.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Completion and manual ask for no more. */
const says = String.raw`
  const name = process.env.MURPHY_COMMAND
  console.log(process.argv[2] === 'man' ? '.TH ' + name + ' 1\n.SH NAME\n' + name + ' \- says its name' : name)
`

/**
 * An unpacked release of a program that only says its name, so that packages are made in no time; `text` is another
 * program, `node` what runs it.
 */
export function standIn(folder: string, { text = says, node = '' } = {}): string {
  const parts = `${folder}.parts`
  mkdirSync(join(parts, 'agent'), { recursive: true })
  writeFileSync(join(parts, 'agent/main.js'), text)
  writeFileSync(join(parts, 'agent/package.json'), '{"type":"module"}\n')
  writeFileSync(join(parts, 'agent/LICENSES'), 'none\n')
  writeFileSync(join(parts, 'LICENSE'), 'none\n')
  if (node) cpSync(node, join(parts, 'node'))
  else writeFileSync(join(parts, 'node'), '#!/bin/sh\n')
  layOut(folder, {
    root,
    agent: join(parts, 'agent'),
    runtime: { version: '1', node: join(parts, 'node'), license: join(parts, 'LICENSE'), compared: false },
    installer: readFileSync(join(root, 'install.sh'), 'utf8'),
  })
  rmSync(parts, { recursive: true })
  return folder
}
