import { Client } from 'undici'

type Environment = Readonly<Record<string, string | undefined>>

/** The proxies that the environment names, as undici's `EnvHttpProxyAgent` takes them; empty: none. */
export interface Proxies {
  readonly httpProxy: string
  readonly httpsProxy: string
  readonly noProxy: string
}

/**
 * By the variables that curl and undici know, those in small letters first. What is no address of a proxy is none, as
 * undici would end whoever asks it; so it is given all three, since it reads the variables itself for what is left out.
 */
export function proxiesOf(env: Environment): Proxies {
  const { HTTP_PROXY, HTTPS_PROXY, NO_PROXY } = env
  const { http_proxy = HTTP_PROXY, https_proxy = HTTPS_PROXY, no_proxy = NO_PROXY } = env
  const httpProxy = proxyIn(http_proxy)
  return { httpProxy, httpsProxy: proxyIn(https_proxy), noProxy: no_proxy ?? '' }
}

/**
 * The way to a proxy, which has to answer within `timeout` ms when it is asked for one through it: undici waits five
 * minutes for that, whatever signal the request was given, and every later request waits with it.
 */
export const answersIn = (timeout: number) => (proxy: URL, own: object) =>
  new Client(proxy, { ...own, headersTimeout: timeout })

/** Also without a scheme, as curl and apt take it. */
function proxyIn(text = ''): string {
  const url = text === '' || /^[a-z\d+.-]+:\/\//i.test(text) ? text : `http://${text}`
  return /^(https?|socks5?):/i.test(url) && URL.canParse(url) ? url : ''
}
