import t from 'tap'
import { contents } from '../../../../agent/cli/render/contents.ts'

const terminal = { color: false, width: 80 }
const many = (path: string, count: number, size = 10) =>
  Array.from({ length: count }, (_, at) => ({ path: `${path}/${at}`, size }))

t.test('by folders, as far down as there is room', async (t) => {
  const files = [
    ...many('files/proc', 400),
    ...many('files/var/lib/rancher/k3s/server/tls', 30, 2000),
    ...many('files/var/log/pods', 3),
    { path: 'files/etc/rancher/k3s/k3s.yaml', size: 2961 },
    { path: 'node.json', size: 3 * 1024 ** 2 },
  ]
  const text = contents(files, terminal)
  const lines = text.split('\n')
  t.ok(lines.length <= 17, text)
  t.match(lines, [
    /^ {2}files\/etc\/rancher\/k3s\/k3s\.yaml +2\.9 KiB$/,
    /^ {2}files\/proc\/ +400 files +3\.9 KiB$/,
    /^ {2}files\/var\/lib\/rancher\/k3s\/server\/tls\/ +30 files +58\.6 KiB$/,
    /files\/var\/log\/pods\/0/,
  ])
  t.match(lines.at(-2), /^ {2}node\.json +3 MiB$/)
  t.match(lines.at(-1), /^ {2}in all +435 files +3\.1 MiB$/)
})

t.test('many folders, long and hostile names still fit', async (t) => {
  const files = Array.from({ length: 300 }, (_, at) => many(`files/${at}/${'n'.repeat(120)}`, 3)).flat()
  const lines = contents([...files, { path: 'a\u001b[31m', size: 0 }], terminal).split('\n')
  t.ok(lines.length <= 17)
  t.ok(lines.every((it) => it.length <= 80))
  t.notMatch(lines.join(), /\u001b/)
  t.equal(contents([], terminal).trim().replace(/ +/g, ' '), 'in all 0 files 0 B')
})
