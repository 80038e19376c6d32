/** How this node is, before anything happens. */
export interface Traits {
  readonly ufw: boolean
  /** There is another node: an overlay, a route and an FDB entry lead there. */
  readonly peer: boolean
  /** The cluster's DNS runs here, not on the other node. */
  readonly dnsHere: boolean
  /** flannel of k3s 1.36 panics when its link vanishes; k3s exits and systemd starts it again (measured). */
  readonly panics: boolean
}
