import t from 'tap'
import { withoutComments } from '../../../../agent/host/redaction/rule-comments.ts'

t.test("comments of programs stay, people's go", async (t) => {
  for (const line of [
    '-A KUBE-SERVICES -d 10.43.0.1/32 -m comment --comment "default/kubernetes:https cluster IP" -j KUBE-SVC-X',
    '-A FORWARD -m comment --comment "flanneld forward" -j ACCEPT',
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    ':INPUT DROP [0:0]',
    '-A POSTROUTING -s 10.42.0.7/32 -m comment --comment "name: \\"cbr0\\" id: \\"a\\"" -j CNI-0123',
    '-A ufw-logging-deny -m limit -j LOG --log-prefix "[UFW BLOCK] "',
    '-A ufw-user-input -m recent --set --name DEFAULT --mask 255.255.255.255 --rsource',
    '-A KUBE-SEP-X -m recent --set --name KUBE-SEP-UTWFOSUDHOCXYA2F --rsource',
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
    [
      '-A INPUT -m comment --comment "my -j KUBE-X word" -j ACCEPT',
      '-A INPUT -m comment --comment "<removed>" -j ACCEPT',
    ],
    [
      '-A INPUT -m comment --comment "kubernetes word" -j ACCEPT',
      '-A INPUT -m comment --comment "<removed>" -j ACCEPT',
    ],
    [
      '-A INPUT -m comment --comment "flanneld word" -j ACCEPT',
      '-A INPUT -m comment --comment "<removed>" -j ACCEPT',
    ],
    [
      '-A INPUT -m comment --comment "for word" -j KUBE-MARK-DROP',
      '-A INPUT -m comment --comment "<removed>" -j KUBE-MARK-DROP',
    ],
    ['-A INPUT -j LOG --log-prefix "word: "', '-A INPUT -j LOG --log-prefix "<removed>"'],
    ['-A INPUT -j NFLOG --nflog-prefix word', '-A INPUT -j NFLOG --nflog-prefix "<removed>"'],
    [
      '-A INPUT -m recent --set --name word --rsource',
      '-A INPUT -m recent --set --name "<removed>" --rsource',
    ],
    ['  log prefix "word" level warn drop', '  log prefix "<removed>" level warn drop'],
    ['-A INPUT -m comment --comment "cut off word', '-A INPUT -m comment --comment "<removed>"'],
  ] as const)
    t.equal(withoutComments(line), kept)
})
