import { spawnSync } from 'node:child_process'
import { openSync, readSync, writeSync } from 'node:fs'

/**
 * A file system that keeps whoever asks waiting, as a dead file server does: `node fuse.ts FOLDER UID LAST` mounts it
 * for everybody, with one file `page` of 4096 bytes of UID, and answers all but the requests named LAST (`read` or
 * `lookup`), which get no answer before it ends; `again` fails
 * two reads and keeps the third waiting: by then the kernel holds the lock of the reader's memory (mm/filemap.c). By the kernel's own protocol (include/uapi/linux/fuse.h, 7.31), so
 * that no library is needed. Each request that is kept waiting is a line on stdout.
 */
const [folder = '', uid = '0', last = 'read'] = process.argv.slice(2)
const op = { lookup: 1, forget: 2, getattr: 3, open: 14, read: 15, init: 26, opendir: 27, interrupt: 36 }

const device = openSync('/dev/fuse', 'r+')
const options = `fd=3,rootmode=40000,user_id=${uid},group_id=${uid},allow_other`
const mounted = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'hung', folder], {
  stdio: ['ignore', 'inherit', 'inherit', device],
})
if (mounted.status !== 0) process.exit(1)
process.stdout.write('mounted\n')

/** struct fuse_attr. */
function attributes(node: bigint): Buffer {
  const it = Buffer.alloc(88)
  const isFile = node !== 1n
  it.writeBigUInt64LE(node, 0)
  it.writeBigUInt64LE(isFile ? 4096n : 0n, 8)
  it.writeUInt32LE(isFile ? 0o100644 : 0o40755, 60)
  it.writeUInt32LE(isFile ? 1 : 2, 64)
  it.writeUInt32LE(Number(uid), 68)
  it.writeUInt32LE(Number(uid), 72)
  it.writeUInt32LE(4096, 80)
  return it
}

let reads = 0
const request = Buffer.alloc(1024 * 1024 + 4096)
for (;;) {
  let size = 0
  try {
    size = readSync(device, request)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENODEV') process.exit()
    continue
  }
  if (size < 40) continue
  const code = request.readUInt32LE(4)
  const node = request.readBigUInt64LE(16)
  if (code === op.forget || code === op.interrupt) continue
  const fails = last === 'again' && code === op.read && reads < 2
  if (code === op.read) reads += 1
  if (last === 'again' ? code === op.read && !fails : code === op[last as keyof typeof op]) {
    process.stdout.write(`${last}\n`)
    continue
  }
  let body = Buffer.alloc(0)
  let error = 0
  if (fails) error = -5
  else if (code === op.init) {
    body = Buffer.alloc(64)
    body.writeUInt32LE(7, 0)
    body.writeUInt32LE(31, 4)
    request.copy(body, 8, 48, 52)
    body.writeUInt16LE(16, 16)
    body.writeUInt16LE(12, 18)
    body.writeUInt32LE(128 * 1024, 20)
    body.writeUInt32LE(1, 24)
  } else if (code === op.lookup) {
    const head = Buffer.alloc(40)
    head.writeBigUInt64LE(2n, 0)
    body = Buffer.concat([head, attributes(2n)])
  } else if (code === op.getattr) body = Buffer.concat([Buffer.alloc(16), attributes(node)])
  else if (code === op.open || code === op.opendir) body = Buffer.alloc(16)
  else if (code === op.read) body = Buffer.alloc(4096, 'x')
  else error = -38
  const head = Buffer.alloc(16)
  head.writeUInt32LE(16 + body.length, 0)
  head.writeInt32LE(error, 4)
  request.copy(head, 8, 8, 16)
  try {
    writeSync(device, Buffer.concat([head, body]))
  } catch {
    // Whoever asked is gone.
  }
}
