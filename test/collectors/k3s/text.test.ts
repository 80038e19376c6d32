import t from 'tap'
import { lastWordsOf, linesOf, prune } from '../../../collectors/k3s/text.ts'

t.test("the pattern of the command finds k3s's gravest lines, and nothing of a healthy start", async (t) => {
  const [, pattern = ''] = /-g '([^']+)'/.exec(linesOf('k3s')) ?? []
  const finds = new RegExp(pattern)
  for (const line of [
    'time="2026-11-29T01:48:44Z" level=fatal msg="Error: x"',
    'E1129 01:48:44.237227   14279 authentication.go:75] "x"',
    'panic: runtime error: index out of range [0] with length 0',
    'fatal error: concurrent map writes',
  ])
    t.match(line, finds)
  for (const line of ['time="x" level=info msg="Starting k3s"', 'I1129 01:48:44.2 1 x.go:7] ok', 'Error: x'])
    t.notMatch(line, finds)
  t.match(linesOf('k3s-agent'), /^`journalctl -u k3s-agent -b /)
})

t.test('what k3s said last is not buried under the errors of its next start', async (t) => {
  const [, pattern = ''] = /-g '([^']+)'/.exec(lastWordsOf('k3s')) ?? []
  const finds = new RegExp(pattern)
  for (const line of [
    'time="2026-11-29T01:48:44Z" level=fatal msg="Error: x"',
    'F1129 01:48:44.237227   14279 server.go:75] "x"',
    'panic: runtime error: index out of range [0] with length 0',
  ])
    t.match(line, finds)
  for (const line of ['E1129 20:51:21.1 4651 replica_set.go:640] "x"', 'time="x" level=error msg="503"'])
    t.notMatch(line, finds, 'dozens within a minute')
})

t.test('images are deleted by the command that the distribution has', async (t) => {
  t.equal(prune({ distribution: 'k3s', dataDir: '/var/lib/rancher/k3s' }), '`k3s crictl rmi --prune`')
  t.match(prune({ distribution: 'rke2', dataDir: '/srv/rke2' }), /\/srv\/rke2\/bin\/crictl rmi --prune`$/)
})
