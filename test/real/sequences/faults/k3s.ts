import { signing, faults as standIns } from '../../standin.ts'
import { keys, type RealFault } from './fault.ts'

const data = '/var/lib/rancher/k3s'
const db = '/var/log/pods/shop_db-0_11111111-2222-4333-8444-555555555555/postgres/0.log'

export const certificateFaults: readonly RealFault[] = [
  {
    kind: 'certificates expired',
    text: 'the certificate of the admin passes its last moment',
    facts: ['certificates'],
    script: standIns.certificate.break,
    repair: standIns.certificate.mend,
    byRestart: true,
    makes: { code: 'certs.expired', subject: 'k3s server' },
    leads: keys('certs.api-unauthorized', 'k3s.api-unhealthy', 'certs.kubeconfig-stale'),
  },
  {
    kind: 'certificates expiring',
    text: 'the certificate of the scheduler comes into its last days',
    facts: ['certificates'],
    script: `${signing} cp -p client-scheduler.crt client-scheduler.key /root
leaf client-ca client-scheduler /CN=system:kube-scheduler '-358 days' '2 days'`,
    repair: `cp -p /root/client-scheduler.crt /root/client-scheduler.key ${data}/server/tls`,
    makes: { code: 'certs.expiring', subject: 'k3s server' },
  },
]

/** Until it answers again. */
export const ofStarts = keys('k3s.api-unhealthy', 'k3s.kubelet-unhealthy', 'k3s.down')

const quick: readonly RealFault[] = [
  {
    kind: 'k3s crashes once',
    text: 'k3s is killed by signal 9; systemd starts it again',
    facts: ['k3s'],
    script: 'kill -9 $(systemctl show -P MainPID k3s); sleep 0.5; k3s_is_up',
    makes: { code: 'k3s.crashed' },
    leads: ofStarts,
    past: true,
  },
  {
    kind: 'WAL lost',
    text: 'the write-ahead log of shop/db-0 is lost by itself',
    facts: ['database'],
    script: `echo "$(date -u +%FT%T.%NZ) stderr F $(date -u '+%F %T.%3N UTC') [1] PANIC:  could not locate a valid checkpoint record" >> ${db}`,
    makes: { code: 'pods.log-says', subject: 'shop/db-0/' },
    past: true,
  },
]

const slow: readonly RealFault[] = [
  {
    kind: 'datastore locked',
    text: '/readyz says that the datastore failed',
    facts: ['api'],
    script: `touch ${data}/broken`,
    repair: `rm -f ${data}/broken`,
    makes: { code: 'k3s.api-unhealthy' },
    grace: 3 * 60_000,
  },
]

export const k3sFaults = { quick, slow }
