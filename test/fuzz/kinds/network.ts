import { parseConf, parseNetConf, parseSubnet } from '../../../collectors/cni/conf.ts'
import { parseLinks, parseRoutes } from '../../../collectors/cni/links.ts'
import { isRelevantLine } from '../../../collectors/cni/monitor.ts'
import { parseForwarding, parseNeighbours } from '../../../collectors/cni/peers.ts'
import { parseResult } from '../../../collectors/cni/pods.ts'
import { through } from './through.ts'

const worth = isRelevantLine({ own: ['cni0'], outward: ['eth0'] })

/** Only these may say by throwing that a text is not JSON: who calls them says what was asked. */
const json = [parseLinks, parseRoutes, parseForwarding, parseNeighbours, parseNetConf]

function parsed(text: string): void {
  for (const parse of json)
    try {
      parse(text)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  parseResult(text)
  parseConf('a.conflist', text)
  parseSubnet(text)
  for (const line of text.split('\n')) worth(line)
}

export const network = through({
  name: 'ip',
  cases: 55,
  parts: /^run (ip_|bridge_|ethtool)|cni|flannel|^file \/proc\/net\/dev|^file \/proc\/sys\/net/,
  collectors: ['cni'],
  also: (parts) => parts.map((it) => parsed(it.bytes.toString())),
  growth: {
    around: ['[', '[{"ifname":"', 'FLANNEL_NETWORK=', '36: cni0: ', '192.0.2.20 dev ', ']', '"}]', ''],
    pieces: [
      '{"ifname":"veth0","link_type":"ether","flags":["UP"],"linkinfo":{"info_kind":"veth"}},',
      '{"dst":"10.42.1.0/24","gateway":"10.42.1.0","dev":"flannel.1"},',
      '{},',
      '[',
      '10.42.0.0/16,',
      'A=1\n',
      ' dev ',
      ' ',
      '36: ',
      'a',
    ],
    read: (bytes) => parsed(bytes.toString()),
  },
})
