import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import {
  bootId,
  hardwareOf,
  hardwareText,
  type KeptHardware,
  keptOf,
  parsed,
  readHardware,
} from '../../../agent/host/hardware.ts'

const pi = {
  board: 'Raspberry Pi 4 Model B',
  cpu: 'ARM Cortex-A72',
  cores: 4,
  disks: [{ name: 'mmcblk0', size: 64 * 10 ** 9, kind: 'SD/eMMC' }],
}

t.test('this machine, from a thread that has ended', async (t) => {
  const it = await readHardware()
  t.ok(it, 'it answers')
  t.ok((it?.cores ?? 0) > 0)
  t.type(it?.board, 'string')
  t.notOk(process.getActiveResourcesInfo().includes('MessagePort'), 'nothing is left of it')
})

t.test('one that hangs, fails or answers nonsense is given up', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const from = async (body: string) => {
    const file = join(folder, `${Math.random()}.mjs`)
    writeFileSync(file, `export const lookAtHardware = async () => { ${body} }`)
    return readHardware(20_000, pathToFileURL(file))
  }
  t.equal(await from('throw new Error("broken")'), undefined)
  t.equal(await from('process.exit(1)'), undefined)
  t.equal(await from('return "x".repeat(100_000)'), undefined, 'too long')
  const file = join(folder, 'hangs.mjs')
  writeFileSync(file, 'export const lookAtHardware = async () => { for (;;); }')
  const begun = performance.now()
  t.equal(await readHardware(500, pathToFileURL(file)), undefined)
  t.ok(performance.now() - begun < 15_000, 'even one that blocks its thread')
})

t.test('once a boot: what was kept counts until the next', async (t) => {
  let looks = 0
  const read = async () => {
    looks += 1
    return pi
  }
  const kept: { boot: string; hardware: typeof pi }[] = []
  const keep = (it: { boot: string }) => void kept.push(it as (typeof kept)[number])
  t.strictSame(await hardwareOf(undefined, keep, { read, boot: 'a' }), pi)
  t.strictSame(await hardwareOf(kept[0], keep, { read, boot: 'a' }), pi)
  t.equal(looks, 1)
  await hardwareOf(kept[0], keep, { read, boot: 'b' })
  t.equal(looks, 2)
  t.match(kept, [{ boot: 'a' }, { boot: 'b' }])
  const failing = { read: async () => undefined, boot: 'c' }
  t.strictSame(await hardwareOf(kept[0], keep, failing), pi, 'what was known is better than nothing')
  t.equal(kept.length, 2)
  t.match(bootId(), /^[0-9a-f-]{36}$/)
  t.equal(bootId('/nowhere'), '')
})

t.test('what was kept is only believed where it is one', async (t) => {
  const kept: KeptHardware = { boot: 'a', hardware: pi }
  t.strictSame(keptOf(kept), kept)
  for (const damaged of [
    undefined,
    {},
    { boot: 'a' },
    { boot: 7, hardware: pi },
    { boot: 'a', hardware: null },
  ])
    t.equal(keptOf(damaged as KeptHardware), undefined)
})

t.test('in words, and nothing of it can drive a terminal', async (t) => {
  t.equal(hardwareText(pi), 'Raspberry Pi 4 Model B, ARM Cortex-A72, mmcblk0 59.6 GiB SD/eMMC')
  t.equal(hardwareText({ board: '', virtual: 'KVM', cpu: '', cores: 1, disks: [] }), 'virtual machine')
  t.equal(parsed(JSON.stringify({ board: 'a\u001b[2Jb' }))?.board, 'ab')
  t.strictSame(parsed('{}'), { board: '', cpu: '', cores: 0, disks: [] })
  for (const nonsense of ['', 'null', '{"disks":[null]}']) t.equal(parsed(nonsense), undefined, nonsense)
})
