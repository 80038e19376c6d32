import { execFileSync } from 'node:child_process'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PackageOptions } from './deb.ts'
import { layOutPackage, refusals, setPackageModes } from './package.ts'
import type { Cpu } from './runtime.ts'
import { filesIn, names } from './tree.ts'

/** CPUs as rpm calls them. */
const architectures = { x64: 'x86_64', arm64: 'aarch64' } as const satisfies Record<Cpu, string>

/** SELinux lets systemd run what lies here, and not what lies in /usr/lib. */
const home = '/usr/libexec/murphy'

/** Builds a package by rpmbuild, the same bytes by the same rpmbuild, and gives its name. */
export function writeRpm({ release, work, into, cpu, version, time, level = 6 }: PackageOptions): string {
  const files = join(work, 'files')
  layOutPackage(files, release, home)
  // Where there is no update-motd nothing reads it.
  rmSync(join(files, 'etc'), { recursive: true })
  const add = filesIn(files)
  const copy = (from: string, path: string) => add.copy(join(release, from), path)
  for (const name of names) copy(`share/zsh/site-functions/_${name}`, `usr/share/zsh/site-functions/_${name}`)
  for (const [from, to] of Object.entries(licenses)) copy(from, `usr/share/licenses/murphy/${to}`)
  rmSync(join(files, home, 'agent/LICENSES'))
  setPackageModes(files, home)
  writeFileSync(join(work, 'murphy.spec'), spec({ version, files, level }))

  const made = `murphy-${version.replace('-', '~')}-1.${architectures[cpu]}.rpm`
  const args = [
    '--target',
    `${architectures[cpu]}-linux`,
    '--define',
    `_topdir ${work}/top`,
    '-bb',
    'murphy.spec',
  ]
  execFileSync('rpmbuild', args, {
    cwd: work,
    env: { ...process.env, SOURCE_DATE_EPOCH: `${time}` },
    stdio: 'pipe',
  })
  renameSync(join(work, 'top/RPMS', architectures[cpu], made), join(into, made))
  rmSync(work, { recursive: true })
  return made
}

const licenses = {
  LICENSE: 'LICENSE',
  'runtime/LICENSE': 'LICENSE.node',
  'dist/agent/LICENSES': 'LICENSES.packages',
} as const

const script = (name: string) => readFileSync(new URL(`rpm/${name}`, import.meta.url), 'utf8')

/** Nothing of the machine that builds it is in it, and nothing is done to the files. */
const spec = ({ version, files, level }: { version: string; files: string; level: number }) => `
%global __os_install_post %{nil}
%global debug_package %{nil}
%global _build_id_links none
%global use_source_date_epoch_as_buildtime 1
%global clamp_mtime_to_source_date_epoch 1
%global _buildhost murphy
%global _binary_payload w${level}.gzdio

Name: murphy
Version: ${version.replace('-', '~')}
Release: 1
Summary: Diagnostic agent of a k3s node
License: MIT
AutoReqProv: no
Requires: libc.so.6(GLIBC_2.28)(64bit)
Requires: libstdc++.so.6(GLIBCXX_3.4.21)(64bit)
Requires: libgcc_s.so.1()(64bit)
Requires: systemd >= 247
Requires: util-linux

%description
Murphy says what is wrong with this node of a k3s cluster, what follows from
it, the next safe step, and what not to do. It watches certificates, firewall,
pod network, memory and pods, and changes nothing. It brings its own Node.js.

%install
mkdir -p %{buildroot}
cp -R --no-dereference --preserve=mode ${files}/. %{buildroot}/
find %{buildroot} -exec touch --no-dereference --date=@$SOURCE_DATE_EPOCH {} +

%files
%defattr(-,root,root,-)
${home}
/usr/bin/murphy
/usr/bin/agent
/usr/lib/systemd/system/murphy.service
/usr/lib/systemd/system/murphy-last-word.service
/usr/lib/sysusers.d/murphy.conf
/usr/share/murphy
/usr/share/licenses/murphy
/usr/share/man/man1/*
/usr/share/bash-completion/completions/*
/usr/share/fish/vendor_completions.d/*
/usr/share/zsh/site-functions/*

%pre
${refusals}
%post
${script('post')}
%preun
${script('preun')}
%postun
${script('postun')}`
