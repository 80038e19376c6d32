/** How this node's kubelet reaches the API server: where, and by which files the two know each other. */
export interface NodeApi {
  /** The node's name in the cluster, which need not be its host name. */
  readonly node: string
  /** `https://127.0.0.1:6444`, without a path. */
  readonly origin: string
  /** The servers themselves, where `origin` is a balancer of k3s's own, which ends when k3s does. */
  readonly others?: readonly string[]
  /** Path of the authorities (PEM) that the server's certificate is held against. */
  readonly authority: string
  /** Paths of the client certificate and its key (PEM). */
  readonly certificate: string
  readonly key: string
}
