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
