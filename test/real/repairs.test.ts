import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { repairsWith } from '../bench/mending.ts'
import { measureRepair } from '../bench/repairs.ts'
import { withStand } from '../bench/stand.ts'

t.test('a repair is confirmed within fifteen seconds', async (t) => {
  const failed = await withStand(async (stand) => {
    const site = await stand.site('repairs')
    await stand.launch(site)
    await pause(3000)
    const all = repairsWith(stand.certificates)
    for (const name of ['bridge', 'overlay', 'a pod off the bridge', 'certificate']) {
      const repair = all[name]
      if (!repair) throw new Error(`no such repair: ${name}`)
      const took = await measureRepair(site, repair, 2000)
      t.ok(typeof took === 'number' && took < 15_000, `${name}: ${took}`)
    }
  })
  t.equal(failed, undefined, String(failed))
})
