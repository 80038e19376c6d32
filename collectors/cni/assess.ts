import type { Observation } from '../../agent/model.ts'
import { bridge } from './bridge.ts'
import { confFolder, subnetFile } from './conf.ts'
import { overlay } from './overlay.ts'
import { plan } from './plan.ts'
import type { Code } from './rules.ts'
import type { CniSample } from './sample.ts'
import { restartOf } from './words.ts'

/**
 * k3s starts flannel once the API answers; until then files and overlay may not be there yet (k3s,
 * pkg/agent/run.go). On a slow node this takes most of a minute.
 */
export const grace = 120_000

/** What is wrong with the pod network. Pure; only a node with flannel is judged. */
export function assess(sample: CniSample, now: number): readonly Observation<Code>[] {
  const it = plan(sample)
  if (it.kind !== 'flannel') return []
  const running = sample.k3s?.running
  const ran = running ? now - running.since : 0
  const settled = ran >= grace
  return [
    ...(sample.interfaces ? bridge(sample, it.bridge) : []),
    ...(sample.interfaces ? it.overlays.flatMap((name) => overlay(sample, it, name, settled)) : []),
    ...(settled ? files(sample, ran) : []),
  ]
}

/** k3s writes both when it starts, and a stopped k3s needs neither. */
function files(sample: CniSample, ran: number): readonly Observation<Code>[] {
  const { k3s, confs, subnet } = sample
  if (!k3s) return []
  const found: Observation<Code>[] = []
  const since = `though k3s has run for ${Math.floor(ran / 60_000)} min`
  if (confs?.every((it) => it.types.length === 0)) {
    const folder = confFolder(k3s)
    const broken = confs.map((it) => it.file).join(', ')
    found.push({
      code: 'cni.conf-missing',
      subject: folder,
      text: `There is no ${broken && 'valid '}CNI configuration in ${folder}${broken && ` (${broken})`}, ${since}.`,
      next: [restartOf(sample, 'writes it again; the pods keep running meanwhile')],
    })
  }
  if (subnet === null)
    found.push({
      code: 'cni.subnet-env-missing',
      subject: subnetFile,
      text: `${subnetFile} is not there, ${since}.`,
      next: [
        `\`journalctl -u ${k3s.unit} -n 200 | grep -i flannel\`: why flannel did not start`,
        restartOf(sample, 'flannel writes it when it starts; the pods keep running meanwhile'),
      ],
    })
  return found
}
