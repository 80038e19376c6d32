import { existsSync } from 'node:fs'

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
  lintian: 'lintian',
  rpmbuild: 'rpm',
  cpio: 'cpio',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  setpriv: 'util-linux',
  '/lib/systemd/systemd-journal-remote': 'systemd-journal-remote',
  ps: 'procps',
  // What is printed for them is tried in them.
  zsh: 'zsh',
  fish: 'fish',
  groff: 'groff-base',
  mandoc: 'mandoc',
  // By these, and by this shell, a release is fetched on nodes.
  curl: 'curl',
  wget: 'wget',
  busybox: 'busybox-static',
  // Debian keeps its programs off the PATH.
  '/usr/lib/postgresql/*/bin/postgres': 'postgresql',
}

/**
 * Debian's packages whose programs and libraries the tests use by themselves, by a file of each, as it lies in
 * `unpackedIn`. They are only taken apart there: installed, they would start services, and make accounts.
 */
export const unpacked: Readonly<Record<string, string>> = {
  'usr/bin/prometheus': 'prometheus',
  'usr/bin/prometheus-alertmanager': 'prometheus-alertmanager',
  'usr/bin/prometheus-node-exporter': 'prometheus-node-exporter',
  // What runs a program of arm64, and the libraries that it is linked with.
  'usr/bin/qemu-aarch64-static': 'qemu-user-static',
  'usr/aarch64-linux-gnu/lib/libc.so.6': 'libc6-arm64-cross',
  'usr/aarch64-linux-gnu/lib/libgcc_s.so.1': 'libgcc-s1-arm64-cross',
  'usr/aarch64-linux-gnu/lib/libstdc++.so.6': 'libstdc++6-arm64-cross',
}

/** Made once for a machine and kept, as the Debian of the containers is. */
export const unpackedIn = '/var/tmp/murphy-test-unpacked'

/** Those of these files that are not there. */
export const notUnpacked = (into = unpackedIn, wanted = unpacked): readonly string[] =>
  Object.keys(wanted).filter((it) => !existsSync(`${into}/${it}`))

/** The program of that name, of one of these packages. */
export const programOf = (name: string): string => `${unpackedIn}/usr/bin/${name}`
