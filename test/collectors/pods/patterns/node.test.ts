import t from 'tap'
import { node } from '../../../../collectors/pods/patterns/node.ts'
import { each, klog } from './found.ts'

/** Lines as the programs write them: from their sources and issue trackers. */
const lines: Readonly<Record<string, readonly string[]>> = {
  'etcd-space': [
    klog(
      '"Unhandled Error" err="rpc error: code = ResourceExhausted desc = etcdserver: mvcc: database space exceeded"',
    ),
    '{"level":"warn","ts":"2026-11-23T00:00:00.123Z","caller":"etcdserver/util.go:170","msg":"failed to apply request","error":"etcdserver: mvcc: database space exceeded"}',
  ],
  'etcd-corrupt': [
    '{"level":"fatal","ts":"2026-11-23T00:00:00.123Z","caller":"etcdserver/server.go:452","msg":"failed to recover v3 backend from snapshot"}',
    '2026-11-23 00:00:00.123456 C | etcdserver: walpb: crc mismatch',
  ],
  'etcd-slow': [
    '{"level":"warn","ts":"2026-11-23T00:00:00.123Z","caller":"etcdserver/util.go:170","msg":"apply request took too long","took":"200ms"}',
    '2026-11-23 00:00:00.123456 W | etcdserver: failed to send out heartbeat on time (exceeded the 100ms timeout for 1s)',
    klog('"Failed to update lease" err="etcdserver: request timed out"'),
  ],
  'kine-database': [
    'time="2026-11-23T00:00:00Z" level=error msg="error while range on /registry/pods: database is locked"',
  ],
  'containerd-storage': [
    'time="2026-11-23T00:00:00.123456789Z" level=error msg="StartContainer for \\"4f\\" failed" error="failed to create containerd task: failed to create shim task: OCI runtime create failed"',
  ],
  'kubelet-unwell': [
    klog(
      '"Skipping pod synchronization" err="PLEG is not healthy: pleg was last seen active 3m1s ago; threshold is 3m0s"',
    ),
    klog('"Eviction manager: attempting to reclaim" resourceName="ephemeral-storage"'),
    klog(
      '"Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"',
    ),
  ],
  x509: [
    'x509: certificate has expired or is not yet valid: current time 2027-11-23T00:00:00Z is after 2027-11-22T00:00:00Z',
    'Error: CERT_HAS_EXPIRED',
    'ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1007)',
    'curl: (60) SSL certificate problem: certificate has expired',
    'time="2026-11-23T00:00:00Z" level=error msg="cannot ask" error="Get \\"https://x/\\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid"',
  ],
  'x509-authority': ['x509: certificate signed by unknown authority'],
  'api-unauthorized': [
    klog(
      'k8s.io/client-go/informers/factory.go:150: Failed to watch *v1.Pod: failed to list *v1.Pod: Unauthorized',
    ),
    klog('"Failed to watch" err="failed to list *v1.Pod: Unauthorized" reflector="x"'),
  ],
}

t.test('each finds what the program says', async (t) => each(t, node, lines))
