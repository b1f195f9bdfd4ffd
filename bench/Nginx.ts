/** nginx with a configuration, a prefix and ports of its own. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import path from "node:path"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { BenchError } from "./BenchError.ts"
import type { Certificate } from "./Certificate.ts"
import * as Content from "./Content.ts"
import * as Process from "./Process.ts"
import { type Place, type Server, slowRate } from "./Server.ts"

export interface Nginx extends Server {
  /** Serves, over HTTPS, a file that a function writes. The name is of small letters and digits. */
  readonly serveFile: <A>(
    name: string,
    at: "full" | "slow",
    write: (file: string) => Effect.Effect<A, BenchError>
  ) => Effect.Effect<A & Place, BenchError>
}

/** Starts nginx, for as long as the scope is open. */
export const make = Effect.fnUntraced(function* (options: {
  readonly directory: string
  readonly certificate: Certificate
  readonly version: string
}): Effect.fn.Return<Nginx, BenchError, Scope.Scope> {
  const prefix = path.join(options.directory, "nginx")
  const files = path.join(prefix, "files")
  mkdirSync(files, { recursive: true })
  const ports = { http: yield* freePort, https: yield* freePort }
  const file = path.join(prefix, "nginx.conf")
  writeFileSync(file, configuration(files, ports, options.certificate))

  const nginx = ["nginx", "-p", prefix, "-c", file, "-e", "stderr"]
  yield* Process.serve({ file: "sh", args: ["-c", untilStdinEnds, "sh", ...nginx] })
  yield* Effect.retry(reach(ports.https), { schedule: Schedule.spaced("20 millis"), times: 200 })

  const place = (at: "full" | "slow", name: string, tls: boolean): Place => {
    const origin = tls ? `https://127.0.0.1:${ports.https}` : `http://127.0.0.1:${ports.http}`
    return { url: `${origin}/${at}/${name}.zip`, apiUrl: `${origin}/v1`, jobId: `job_${at}_${name}` }
  }

  return {
    name: options.version,
    serveFile: (name, at, write) =>
      Effect.map(write(path.join(files, `${name}.zip`)), (written) => ({ ...written, ...place(at, name, true) })),
    serve: Effect.fnUntraced(function* ({ bytes, slow = false, sparse = false, tls }) {
      const file = path.join(files, `${bytes}.zip`)
      if (!existsSync(file)) {
        yield* Content.makeSureOfSpace(file, sparse ? 0 : bytes)
        yield* Content.write(file, bytes, sparse)
      }
      return { bytes, sha256: yield* Content.sha256(file), ...place(slow ? "slow" : "full", String(bytes), tls) }
    })
  }
})

/** nginx reads no stdin and so would outlive us; the shell does. Signals of the terminal are for us alone. */
const untilStdinEnds = `trap "" INT TERM HUP; "$@" & nginx=$!; read -r _; kill -TERM $nginx 2>/dev/null; wait $nginx`

/** The jobs of the API are all finished, and say in their ids where their archives are. */
const configuration = (
  files: string,
  ports: { readonly http: number; readonly https: number },
  { cert, key }: Certificate
): string => `
${process.getuid?.() === 0 ? "user root root;" : ""}
daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  default_type application/zip;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  server {
    listen 127.0.0.1:${ports.http};
    listen 127.0.0.1:${ports.https} ssl;
    ssl_certificate ${cert};
    ssl_certificate_key ${key};
    ssl_protocols TLSv1.3;
    location /full/ { alias ${files}/; }
    location /slow/ { alias ${files}/; limit_rate ${slowRate}; }
    location ~ ^/v1/assets/download/(job_(full|slow)_([a-z0-9]+))$ {
      default_type application/json;
      return 200 '{"jobId":"$1","jobStatus":"success","downloadUrl":"$scheme://$http_host/$2/$3.zip"}';
    }
  }
}
`

const freePort = Effect.callback<number, BenchError>((resume) => {
  const server = createServer()
  server.once("error", (error) => resume(Effect.fail(new BenchError({ message: error.message }))))
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

const reach = (port: number) =>
  Effect.callback<void, BenchError>((resume) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.void)
    })
    socket.once("error", () => resume(Effect.fail(new BenchError({ message: "nginx does not listen" }))))
  })
