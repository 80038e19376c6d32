/** What the API of the living node shows of the cluster's two nodes: its own, and another whose Ready condition is given. */
export function nodesOf(other: object): readonly (readonly [path: string, body: string])[] {
  const ready = { type: 'Ready', status: 'True' }
  const status = 'status' in other && other.status === 'True' ? 'Ready' : 'NotReady'
  const table = {
    kind: 'Table',
    columnDefinitions: ['Name', 'Status', 'Roles', 'Age', 'Version', 'Internal-IP'].map((name) => ({ name })),
    rows: [
      { cells: ['node1', 'Ready', 'control-plane,master', '9d', 'v1.33.1+k3s1', '192.0.2.1'] },
      { cells: ['node2', status, '<none>', '9d', 'v1.33.1+k3s1', '192.0.2.2'] },
    ],
  }
  const node = (condition: object) => JSON.stringify({ kind: 'Node', status: { conditions: [condition] } })
  return [
    ['6443/api/v1/nodes?includeObject=None&limit=300', JSON.stringify(table)],
    ['6443/api/v1/nodes/node1', node(ready)],
    ['6443/api/v1/nodes/node2', node(other)],
  ]
}
