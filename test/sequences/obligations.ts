import { severities } from '../../agent/model/index.ts'
import type { Agent } from './agent.ts'
import { collectors, rules } from './core.ts'
import { paceOf } from './cron.ts'
import { type Act, keyOf, type Statement } from './truth.ts'

const second = 1000
const minute = 60 * second

/** What was quiet for so long, ms, has to ring when it is so again. */
const quiet = 10 * minute

const paces = new Map(collectors.map((it) => [it.name, paceOf(it.every)]))
const collectorOf = (code: string) => code.slice(0, code.indexOf('.'))

/**
 * How long something must be there to be asked for, ms: the longest pause between two looks (the API and the disks are
 * asked by every third look only), the rule's patience, and a look that confirms it.
 */
export function needs(code: string): number {
  const pace = (paces.get(collectorOf(code)) ?? minute) * (/^k3s\.(api|kubelet|disk)/.test(code) ? 3 : 1)
  return pace + (rules[code]?.pendingFor ?? 0) + 10 * second
}

export const isAlarm = ({
  code,
  severity = rules[code]?.severity ?? 'warning',
}: Pick<Statement, 'code' | 'severity'>) => severities.indexOf(severity) >= severities.indexOf('warning')

/** Which faults were there for so long that people must have been told. */
export function makeObligations(agent: Agent, now: () => number) {
  const visible = new Map<string, { readonly since: number; readonly act: Act; readonly code: string }>()
  const lastActive = new Map<string, number>()
  const due = new Map<Act, string>()
  const end = (id: string) => {
    const it = visible.get(id)
    if (!it) return
    visible.delete(id)
    if (now() - it.since >= needs(it.code) && !due.has(it.act)) due.set(it.act, id)
  }
  return {
    due,
    /** Called with everything that is so, whenever something has changed. */
    update(all: readonly Statement[], offset: number): void {
      const here = new Set<string>()
      const shared = all.filter((it) => it.by.length > 1)
      /** Whether it follows from what something else does as well: by what people are told of that, it is told too. */
      const isShared = (it: Statement, act: Act) =>
        shared.some(({ code, by }) => it.after.includes(code) && by.includes(act))
      for (const it of all) {
        const key = keyOf(it)
        const before = lastActive.get(key)
        lastActive.set(key, it.past ? Math.max(before ?? 0, (it.latest ?? it.at ?? now()) - offset) : now())
        const eye = agent.eyes.find(({ name }) => name === collectorOf(it.code))
        if (!it.seen || it.over || !isAlarm(it) || !agent.isUp() || !eye || now() < eye.blindUntil) continue
        for (const act of it.by) {
          const id = `${key}|${act.id}`
          // What several cause together need not ring for each of them; kills are told apart by their times.
          const own = (it.by.length === 1 && !isShared(it, act)) || it.code.startsWith('memory.oom')
          const isNew = own && (before === undefined || act.at - before >= quiet)
          const since = visible.get(id)?.since
          // Nobody could tell it from what does the same before there was a look at it alone.
          if (since !== undefined && !own && now() - since < needs(it.code)) {
            visible.delete(id)
            continue
          }
          if (!act.fault || !(isNew || since !== undefined)) continue
          here.add(id)
          if (!visible.has(id)) visible.set(id, { since: now(), act, code: it.code })
        }
      }
      for (const id of [...visible.keys()]) if (!here.has(id)) end(id)
    },
    finish(): void {
      for (const id of [...visible.keys()]) end(id)
    },
  }
}
