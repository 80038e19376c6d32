import t from 'tap'
import { readCounters } from '../../../collectors/memory/counters.ts'
import { containersOf } from '../../../collectors/memory/use.ts'
import { machine } from '../node/machine.ts'
import { containerId, uid } from './records.ts'

t.test('version 2 counts for the pod, version 1 for each container', async (t) => {
  const slice = `/sys/fs/cgroup/kubepods.slice/kubepods-pod${uid.replaceAll('-', '_')}.slice`
  const scope = `${slice}/cri-containerd-${containerId}.scope`
  const second = machine(t, {
    [`${slice}/memory.events`]: 'low 0\nhigh 0\nmax 9\noom 4\noom_kill 3\noom_group_kill 1\n',
    [`${scope}/memory.events`]: 'low 0\nhigh 0\nmax 9\noom 0\noom_kill 1\noom_group_kill 1\n',
  })
  t.strictSame(await readCounters(second, await containersOf(second)), { [uid]: { counts: { '': 3 } } })
  const first = machine(t, {
    [`/sys/fs/cgroup/memory/kubepods/pod${uid}/${containerId}/memory.oom_control`]:
      'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
    [`/sys/fs/cgroup/memory/kubepods/pod${uid}/${containerId.replace('1', '2')}/memory.oom_control`]:
      'oom_kill_disable 0\nunder_oom 0\noom_kill 0\n',
  })
  t.strictSame(await readCounters(first, await containersOf(first)), {
    [uid]: { counts: { [containerId]: 2 } },
  })
})
