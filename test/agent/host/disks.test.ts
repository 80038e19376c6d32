import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { isLocal, localDevices } from '../../../agent/host/disks.ts'

t.test('local file systems by the number that stat gives', async (t) => {
  const devices = localDevices(`22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:45 / /mnt/nfs rw - nfs4 server:/export rw
24 22 0:46 / /auto rw - autofs systemd-1 rw
25 22 259:300 / /srv rw,noatime - xfs /dev/nvme0n1p300 rw
26 22 0:47 / /fuse rw - fuse.sshfs a:/b rw
broken
`)
  t.same([...devices], [0x801, 0x100000 + 259 * 256 + 44])
})

t.test('this machine', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  t.type(isLocal(statSync(folder).dev), 'boolean')
  t.notOk(isLocal(statSync('/proc').dev), 'what is no disk is none')
  t.notOk(isLocal(-1))
})
