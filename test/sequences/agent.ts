import { type Core, collectors } from './core.ts'
import { nextTime } from './cron.ts'
import { looks } from './looks/index.ts'
import { answering, ofWholeLooks } from './looks/k3s.ts'
import type { Node } from './node.ts'
import { profile } from './profile.ts'
import type { Act, Statement } from './truth.ts'

/** How long a look of each collector takes, ms, about as measured on an idle node. */
const takes: Readonly<Record<string, number>> = {
  firewall: 150,
  cni: 80,
  memory: 40,
  pods: 60,
  k3s: 100,
  certs: 100,
  cluster: 30,
}
/** agent/daemon/schedule.ts: pauses before woken rounds, and how often the clock is read. */
const [settling, shortest, calm, tick] = [40, 250, 2_000, 30_000]

/** With these packets to the other node, or large ones, get no answer. */
const unanswered = ['overlay dropped', 'peer silent', 'peer sizes'] as const

/** What the scoring wants to know of each look and of each message. */
export interface Listener {
  looked(name: string, said: readonly Statement[] | undefined): void
  settled(): void
}

interface Eye {
  readonly name: string
  readonly every: string
  readonly longest: number
  looking: boolean
  again: boolean
  woken: boolean
  pause: number
  lastWoken: number
  blindUntil: number
  blinded?: Act
  chain: number
  heard: boolean
  /** What only some looks read, as the last of those saw it. */
  whole: readonly Statement[]
  readonly since: Map<string, number>
  /** When what is not asked at each look was last asked and well, by code. */
  readonly well: Map<string, number>
  lastWhole: number
}

/** Murphy's daemon on the modelled node: schedules, wakes and patience as they are in agent/daemon. */
export function agentOn(node: Node, core: Core, listener: Listener) {
  const { time } = node
  let alive = 0
  let up = false
  let warm: Set<string> = new Set()
  let bell = 0
  let begun = false
  let started = 0
  const wall = () => time.now() + node.offset
  const seeing = collectors.filter((it) => it.name in looks)
  const eyes: readonly Eye[] = seeing.map((it) => ({
    ...{
      name: it.name,
      every: it.every,
      longest: it.pause ?? 15_000,
      whole: [],
      since: new Map(),
      well: new Map(),
    },
    ...{ looking: false, again: false, woken: false, heard: false },
    ...{ pause: 0, lastWoken: Number.NEGATIVE_INFINITY, blindUntil: 0, chain: 0, lastWhole: 0 },
  }))
  /** Plans something of this life of the agent only. */
  const later = (ms: number, what: () => void) => {
    const life = alive
    time.in(Math.max(0, ms), () => life === alive && up && what(), true)
  }

  function wake(eye: Eye): void {
    if (!up || eye.woken) return
    if (eye.looking) {
      eye.again = true
      return
    }
    const quiet = time.now() - eye.lastWoken
    eye.pause =
      quiet > Math.max(calm, 3 * eye.pause) ? 0 : Math.min(eye.longest, Math.max(shortest, eye.pause * 2))
    eye.woken = true
    later(Math.max(settling, eye.pause - quiet), () => {
      eye.woken = false
      eye.lastWoken = time.now()
      look(eye)
    })
  }

  function look(eye: Eye): void {
    if (eye.looking) {
      eye.again = true
      return
    }
    eye.looking = true
    const at = wall()
    const took = takes[eye.name] ?? 100
    const { heard } = eye
    eye.heard = false
    let said: readonly Statement[] | undefined
    later(took / 2, () => {
      said = time.now() < eye.blindUntil ? undefined : readBy(eye, heard)
    })
    later(took, () => {
      eye.looking = false
      core.judge(eye.name, said, at)
      warm.add(eye.name)
      if (warm.size === eyes.length && !begun) {
        begun = true
        core.begins(started, wall())
      }
      listener.looked(eye.name, said)
      settle()
      if (eye.again) {
        eye.again = false
        wake(eye)
      }
      const { openEvery } = profile()
      eye.chain += 1
      const { chain } = eye
      if (openEvery > 0 && core.isOpen(eye.name)) later(openEvery, () => chain === eye.chain && look(eye))
    })
  }

  /** What this look sees: not every look asks the DNS, the API and the disks. */
  function readBy(eye: Eye, heard: boolean): readonly Statement[] {
    const all = (looks[eye.name]?.(node) ?? []).flatMap((it) =>
      it.seen ? [it] : it.early && profile().early ? [{ ...it, starting: true as const }] : [],
    )
    const partly = (of: (code: string) => boolean, codes: readonly string[], now: boolean) => {
      if (now) {
        eye.whole = all.filter((it) => of(it.code))
        eye.lastWhole = time.now()
        // Since when it is unwell, and when it was well, is known only from the looks that ask.
        for (const code of codes) {
          if (eye.whole.some((it) => it.code === code)) eye.since.set(code, eye.since.get(code) ?? wall())
          else {
            eye.since.delete(code)
            eye.well.set(code, wall())
          }
        }
      }
      const whole = eye.whole.map((it) => {
        const [at, wellAt] = [eye.since.get(it.code), eye.well.get(it.code)]
        return {
          ...it,
          ...(it.at !== undefined && at !== undefined && { at }),
          ...(profile().early && wellAt !== undefined && { wellAt }),
        }
      })
      return [...all.filter((it) => !of(it.code)), ...whole]
    }
    if (eye.name === 'cni') {
      const isDns = (code: string) => code === 'cni.dns-dead'
      // Whether it is back is asked in hurried rounds too.
      const isBack = eye.whole.length > 0 && !all.some((it) => isDns(it.code))
      return partly(isDns, ['cni.dns-dead'], !heard || isBack)
    }
    if (eye.name !== 'k3s') return all
    const { running } = node.k3s
    const young = !running || time.now() - running.since < 10 * 60_000
    const due = time.now() - eye.lastWhole >= 3 * 60_000 || Math.floor(wall() / 60_000) % 3 === 0
    const asks =
      heard || young || due || eye.whole.length > 0 || all.some((it) => it.code === 'k3s.node-not-ready')
    return partly((code) => ofWholeLooks.has(code), answering, asks)
  }

  function settle(): void {
    if (warm.size < eyes.length) return
    listener.settled()
    const now = wall()
    const next = core.nextNotifyAt(now)
    bell += 1
    const mine = bell
    if (Number.isFinite(next))
      later(next - now + 1, () => {
        if (mine !== bell) return
        settle()
        for (const it of eyes) if (core.wants(it.name, wall())) wake(it)
      })
  }

  function ticking(eye: Eye): void {
    const from = wall()
    const at = nextTime(eye.every, from)
    later(Math.min(tick, at - from), () => {
      if (wall() >= at || wall() < from) look(eye)
      ticking(eye)
    })
  }

  function start(): void {
    alive += 1
    up = true
    warm = new Set()
    begun = false
    started = wall()
    for (const it of eyes) {
      Object.assign(it, {
        looking: false,
        again: false,
        woken: false,
        heard: false,
        pause: 0,
        lastWoken: Number.NEGATIVE_INFINITY,
      })
      look(it)
      ticking(it)
    }
    polls(profile().settingsPoll, () => `${node.is('forwarding')}`)
    polls(profile().reachPoll, () => `${unanswered.map((it) => node.is(it))}`)
  }

  /** What only asking again and again finds, as nothing tells of it. */
  function polls(pause: number, what: () => string): void {
    let last = what()
    const poll = () => {
      if (last !== what()) node.hear('cni')
      last = what()
      later(pause, poll)
    }
    if (pause > 0) poll()
  }

  const stop = (ms: number) => {
    if (!up) return
    up = false
    alive += 1
    time.in(ms, start)
  }
  node.hear = (name) => {
    const eye = eyes.find((it) => it.name === name)
    if (!eye || !up) return
    eye.heard = true
    wake(eye)
  }
  node.down = (ms) => stop(ms + 12_000)
  return {
    start,
    restart: stop,
    blind(name: string, ms: number, act: Act) {
      const eye = eyes.find((it) => it.name === name)
      if (!eye) return
      eye.blindUntil = Math.max(eye.blindUntil, time.now() + ms)
      eye.blinded = act
    },
    isUp: () => up,
    eyes,
  }
}

export type Agent = ReturnType<typeof agentOn>
