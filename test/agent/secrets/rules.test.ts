import t from 'tap'
import { withoutComments } from '../../../agent/secrets/rules.ts'

t.test("comments of programs stay, people's go", async (t) => {
  for (const line of [
    '-A KUBE-SERVICES -d 10.43.0.1/32 -m comment --comment "default/kubernetes:https cluster IP" -j KUBE-SVC-X',
    '-A FORWARD -m comment --comment "flanneld forward" -j ACCEPT',
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    ':INPUT DROP [0:0]',
  ])
    t.equal(withoutComments(line), line)
  for (const [line, kept] of [
    [
      '-A INPUT -m comment --comment "a \\"word\\" here" -j ACCEPT',
      '-A INPUT -m comment --comment "<removed>" -j ACCEPT',
    ],
    ['-A INPUT -m comment --comment word -j DROP', '-A INPUT -m comment --comment "<removed>" -j DROP'],
    ['-A INPUT -m string --string "word" --algo bm', '-A INPUT -m string --string "<removed>" --algo bm'],
    [
      '  tcp dport 22 accept comment "word" # handle 4',
      '  tcp dport 22 accept comment "<removed>" # handle 4',
    ],
    ['add a 10.0.0.1 comment "word"', 'add a 10.0.0.1 comment "<removed>"'],
    [
      '[{"ifname":"eth0","ifalias":"word","mtu":1500}]',
      '[{"ifname":"eth0","ifalias":"<removed>","mtu":1500}]',
    ],
    ['-A INPUT -m comment --comment "cut off word', '-A INPUT -m comment --comment "<removed>"'],
  ] as const)
    t.equal(withoutComments(line), kept)
})
