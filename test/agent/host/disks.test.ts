import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { farMount, farMountOf, farTypes, isLocal, mountOf, readMounts } from '../../../agent/host/disks.ts'

t.test('what is mounted, and local file systems by the number that stat gives', async (t) => {
  const { devices, types, byId } = readMounts(`22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:45 / /mnt/nfs rw - nfs4 server:/export rw
24 22 0:46 / /auto rw - autofs systemd-1 rw
25 22 259:300 / /srv rw,noatime - xfs /dev/nvme0n1p300 rw
26 22 0:47 / /a\\040b rw - fuse.sshfs a:/b rw,user_id=1000,group_id=1000,allow_other
27 22 0:48 / /roots rw - fuse.mergerfs a rw,user_id=0,group_id=0
broken
`)
  t.same([...devices], [0x801, 0x100000 + 259 * 256 + 44])
  t.same(
    [...types],
    [
      ['/', 'ext4'],
      ['/mnt/nfs', 'nfs4'],
      ['/auto', 'autofs'],
      ['/srv', 'xfs'],
      ['/a b', 'fuse.sshfs'],
      ['/roots', 'fuse.mergerfs'],
    ],
  )
  t.same(byId.get(26), { type: 'fuse.sshfs', server: 1000 }, 'and whose program answers, if it is not root')
  t.same(byId.get(27), { type: 'fuse.mergerfs' })
  t.same(byId.get(25), { type: 'xfs' })
})

t.test('file systems that wait for somebody', async (t) => {
  for (const type of ['nfs', 'nfs4', 'cifs', 'autofs', 'fuse', 'fuse.sshfs', 'fuseblk', '9p'])
    t.ok(farTypes.test(type), type)
  for (const type of ['ext4', 'btrfs', 'proc', 'fuse.lxcfs', 'nfsd', 'fusectl', 'overlay'])
    t.notOk(farTypes.test(type), type)
})

t.test('the mount of what is open', async (t) => {
  const open = (path: string) => {
    const fd = openSync(path, 'r')
    t.teardown(() => closeSync(fd))
    return mountOf(fd)
  }
  t.equal(open('/proc'), open('/proc/self'))
  t.not(open('/proc'), open('/'))
  t.equal(farMountOf(open('/proc'), '/proc'), undefined)
  t.same(farMountOf(-1, '/proc'), { type: 'unknown' }, 'a mount that is gone by now')
  t.equal(mountOf(-1), undefined)
})

t.test('this machine', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  t.type(isLocal(statSync(folder).dev), 'boolean')
  t.notOk(isLocal(statSync('/proc').dev), 'what is no disk is none')
  t.notOk(isLocal(-1))
  for (const path of ['/', '/proc', folder, '']) t.equal(farMount(path), undefined, path)
})
