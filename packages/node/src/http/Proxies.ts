/** Which proxy leads to a host, by the variables of the environment that curl and others read. */
import { BlockList, isIP, isIPv6 } from "node:net"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/** A proxy that speaks HTTP, or HTTPS. */
export interface Proxy {
  /** Where it is, with the name and password that it may want. */
  readonly url: Redacted.Redacted
  /** Scheme, host and port: the part that may be shown. */
  readonly origin: string
  /** The variable that names it. */
  readonly variable: string
}

/** The way to each host. */
export interface Proxies {
  /** The proxy that leads to a URL; none where it is reached directly. Fails where a variable names none that can be used. */
  readonly find: (url: URL) => Result.Result<Proxy | undefined, Config.ConfigError>
}

/** The header by which a proxy knows who asks; none where its URL holds no name. */
export const authorization = ({ url }: Proxy): { readonly "proxy-authorization"?: string } => {
  const { password, username } = new URL(Redacted.value(url))
  if (username === "" && password === "") return {}
  const words = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { "proxy-authorization": `Basic ${Buffer.from(words).toString("base64")}` }
}

interface Variable {
  readonly name: string
  readonly value: string
}

/** A variable in small letters or, where that is empty, in capitals. */
const variable = (name: string): Config.Config<Variable | undefined> =>
  Config.all([Config.option(Config.String(name)), Config.option(Config.String(name.toUpperCase()))]).pipe(
    Config.map(([small, capitals]) => {
      const [lower, upper] = [Option.getOrElse(small, () => "").trim(), Option.getOrElse(capitals, () => "").trim()]
      if (lower !== "") return { name, value: lower }
      return upper === "" ? undefined : { name: name.toUpperCase(), value: upper }
    })
  )

/**
 * `https_proxy` and `http_proxy`, for all that has none of its own `all_proxy`, and `no_proxy` for what is reached directly; each
 * also in capitals. Not `HTTP_PROXY` in a CGI program, where it is a header that anybody can send.
 */
export const fromEnvironment: Config.Config<Proxies> = Config.all({
  https: variable("https_proxy"),
  http: variable("http_proxy"),
  all: variable("all_proxy"),
  none: variable("no_proxy"),
  cgi: Config.option(Config.String("REQUEST_METHOD"))
}).pipe(
  Config.map(({ all, cgi, http, https, none }): Proxies => {
    const isHeader = http?.name === "HTTP_PROXY" && Option.isSome(cgi)
    const chosen = { "https:": https ?? all, "http:": (isHeader ? undefined : http) ?? all }
    const isDirect = bypass(none?.value ?? "")
    return {
      find: (url) => {
        const found = url.protocol === "https:" ? chosen["https:"] : chosen["http:"]
        return found === undefined || isDirect(url) ? Result.succeed(undefined) : parse(found)
      }
    }
  })
)

/** `host:port` is by HTTP, as for curl. */
const parse = ({ name, value }: Variable): Result.Result<Proxy, Config.ConfigError> => {
  const url = URL.parse(value.includes("://") ? value : `http://${value}`)
  const refuse = (what: string) =>
    Result.fail(
      new Config.ConfigError(
        new ConfigProvider.SourceError({ message: `${name}: ${what}; set it to one such as http://proxy.example:3128` })
      )
    )
  if (url === null) return refuse("this is no URL of a proxy")
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return refuse(`proxies are spoken to by http or https, not by ${url.protocol.slice(0, -1)}`)
  }
  if ([url.username, url.password].some((text) => Option.isNone(decode(text)))) {
    return refuse("name or password of the proxy hold a % that is not part of an escape")
  }
  return Result.succeed({ url: Redacted.make(url.href, { label: name }), origin: url.origin, variable: name })
}

const decode = Option.liftThrowable(decodeURIComponent)

/** In a list of what is reached directly: this machine itself is not, after all. As Chromium writes it. */
const notLoopback = "<-loopback>"

/** Whether a URL is reached directly: this machine itself, and what `no_proxy` lists. */
const bypass = (list: string): ((url: URL) => boolean) => {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== "")
  const matchers = entries.map(matcher)
  const isLoopbackDirect = !entries.includes(notLoopback)
  return (url) => {
    const host = nameOf(url.hostname)
    const port = url.port || (url.protocol === "https:" ? "443" : "80")
    return (isLoopbackDirect && isLoopback(host)) || matchers.some((matches) => matches(host, port))
  }
}

/** In small letters, without the brackets of an IPv6 address or the dot of a whole name. */
const nameOf = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/(.)\.$/, "$1")

const isLoopback = (host: string): boolean =>
  /(?:^|\.)localhost$/.test(host) || (isIP(host) !== 0 && loopback.check(host, family(host)))

const family = (address: string) => (isIPv6(address) ? "ipv6" : "ipv4")

const loopback = new BlockList()
loopback.addSubnet("127.0.0.0", 8, "ipv4")
loopback.addAddress("::1", "ipv6")

/** `*`, a network such as `10.0.0.0/8`, or a host with all below it; the latter perhaps with a port. */
const matcher = (entry: string): ((host: string, port: string) => boolean) => {
  if (entry === "*") return () => true
  const [, network = "", bits = ""] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? []
  if (isIP(network) !== 0 && Number(bits) <= (isIPv6(network) ? 128 : 32)) {
    const list = new BlockList()
    list.addSubnet(network, Number(bits), family(network))
    return (host) => isIP(host) !== 0 && list.check(host, family(host))
  }
  const [, name = entry, only] = isIPv6(entry) ? [] : (/^(.*):(\d+)$/.exec(entry) ?? [])
  const known = nameOf(name).replace(/^\*?\./, "")
  return (host, port) => (only === undefined || only === port) && (host === known || host.endsWith(`.${known}`))
}
