import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { bootContainer, withoutContainer } from './container.ts'
import { until } from './monitoring/programs.ts'

const why = withoutContainer()
const skip = why !== undefined && process.env.CI !== 'true' && why
t.setTimeout(900_000)

const root = join(import.meta.dirname, '../..')
const unit = readFileSync(join(root, 'systemd/murphy.service'), 'utf8')
const page = readFileSync(join(root, 'docs/monitoring/README.md'), 'utf8')
const folder = '/var/lib/prometheus/node-exporter'

t.test(
  'in its unit the metrics are where the page says, by the lines it gives and not without',
  { skip },
  async (t) => {
    const node = await bootContainer({ binds: [root, dirname(process.execPath)] })
    t.teardown(() => node.stop())
    await node.sh('cat > /etc/systemd/system/murphy.service', { input: unit })
    await node.sh(
      'mkdir -p /opt/murphy/bin /etc/murphy && touch /opt/murphy/bin/node && cat > /etc/murphy/config.yaml',
      {
        input: `metrics_listen: 127.0.0.1:9797\nmetrics_textfile: ${folder}/murphy.prom\n`,
      },
    )
    await node.sh(
      `useradd --system --home-dir /var/lib/murphy --shell /usr/sbin/nologin murphy
     ip link set lo up
     mkdir -p ${folder} /etc/systemd/system/murphy.service.d && chown murphy ${folder}
     printf '[Service]\\nExecStart=\\nExecStart=${process.execPath} ${root}/agent/main.ts run\\nExecPaths=${dirname(process.execPath)}\\nBindReadOnlyPaths=${root}\\n' \
       > /etc/systemd/system/murphy.service.d/a.conf
     systemctl daemon-reload && systemctl start murphy`,
    )
    const journal = () => node.sh('journalctl -u murphy -o cat --no-pager')
    // That nothing else may be bound is held by a filter of the kernel's, which a container cannot always set.
    await until('it is said', async () => /cannot be written to/.test(await journal()))
    const said = await journal()
    t.match(
      said,
      /murphy\.prom: the unit of Murphy must allow it, by ReadWritePaths= and the folder \(EROFS\)/,
    )

    const lines = [...page.matchAll(/^ +# (SocketBindAllow=\S+|ReadWritePaths=\S+)$/gm)].map(
      ([, it = '']) => it,
    )
    t.strictSame(lines, [`ReadWritePaths=-${folder}`, 'SocketBindAllow=tcp:9797'], 'the page has them')
    await node.sh(
      `printf '[Service]\\n${lines.join('\\n')}\\n' > /etc/systemd/system/murphy.service.d/b.conf
     systemctl daemon-reload && systemctl restart murphy`,
    )
    t.match(await node.sh('systemctl show murphy -p SocketBindAllow'), /^SocketBindAllow=.*\btcp:?9797/m)
    // Debian's root folder has no curl.
    const get = `exec 3<>/dev/tcp/127.0.0.1/9797; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`
    await until('they are there', async () =>
      (await node.exec(['bash', '-c', get])).stdout.includes('murphy_info'),
    )
    await until(
      'and in the file',
      async () => (await node.exec(['grep', '-c', '^murphy_', `${folder}/murphy.prom`])).exit === 0,
    )
    t.match(await node.sh(`stat -c '%U %a' ${folder}/murphy.prom`), 'murphy 644')
    await node.sh('systemctl stop murphy')
    t.match(
      await node.sh(`cat ${folder}/*`),
      /^# Murphy was stopped at \S+\n$/,
      'no value is left when it was stopped',
    )
  },
)
