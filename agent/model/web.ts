/** How a listener on the network is protected: a `web.config.file` as exporters of Prometheus have it, read and checked. */
export interface WebConfig {
  /** By user, the bcrypt hash of the password; undefined: nobody is asked. */
  readonly users?: Readonly<Record<string, string>>
  /** Undefined: plain HTTP. */
  readonly tls?: WebTls
  /** Headers of every answer. */
  readonly headers: Readonly<Record<string, string>>
}

/** All PEM. */
export interface WebTls {
  readonly cert: string
  readonly key: string
  /** Who signs the certificates of clients. */
  readonly clientCa?: string
  readonly clientAuth: ClientAuth
  /** One of these names must be in the certificate of a client; none: any. */
  readonly clientNames: readonly string[]
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3'
}

/** Go's names for it (crypto/tls, ClientAuthType), which the file has. */
export type ClientAuth =
  | 'NoClientCert'
  | 'RequestClientCert'
  | 'RequireAnyClientCert'
  | 'VerifyClientCertIfGiven'
  | 'RequireAndVerifyClientCert'
