/** Debian's packages that the tests of the real thing use, by a command of each. `.devcontainer/` holds the same. */
export const tools: Readonly<Record<string, string>> = {
  iptables: 'iptables',
  nft: 'nftables',
  ufw: 'ufw',
  ipset: 'ipset',
  ip: 'iproute2',
  ethtool: 'ethtool',
  ping: 'iputils-ping',
  openssl: 'openssl',
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  shellcheck: 'shellcheck',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  setpriv: 'util-linux',
  '/lib/systemd/systemd-journal-remote': 'systemd-journal-remote',
  ps: 'procps',
  // Debian keeps its programs off the PATH.
  '/usr/lib/postgresql/*/bin/postgres': 'postgresql',
}

/**
 * Debian's packages whose programs the tests start by themselves, by a command of each. They are only taken apart, into
 * `unpackedIn`: installed, they would start services, and make accounts.
 */
export const unpacked: Readonly<Record<string, string>> = {
  prometheus: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  'prometheus-node-exporter': 'prometheus-node-exporter',
}

/** Made once for a machine and kept, as the Debian of the containers is. */
export const unpackedIn = '/var/tmp/murphy-test-unpacked'

/** The program of that name, of one of these packages. */
export const programOf = (name: string): string => `${unpackedIn}/usr/bin/${name}`
