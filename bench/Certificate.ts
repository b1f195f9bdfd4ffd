/** A certificate for 127.0.0.1, made for one run. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import * as Effect from "effect/Effect"
import * as fallback from "../packages/node/test/support/certificate.ts"
import * as Process from "./Process.ts"

export interface Certificate {
  /** Path of the certificate, which is its own authority. */
  readonly cert: string
  /** Path of the key. */
  readonly key: string
  readonly origin: string
}

/** By openssl, where that is present and understands us; else the certificate of the project's own tests. */
export const make = Effect.fnUntraced(function* (directory: string): Effect.fn.Return<Certificate> {
  const [cert, key] = [path.join(directory, "cert.pem"), path.join(directory, "key.pem")]
  const args = ["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
  return yield* Process.run({ file: "openssl", args: [...args, ...subject, "-keyout", key, "-out", cert] }).pipe(
    Effect.as("made for this run by openssl"),
    Effect.catch(() =>
      Effect.sync(() => {
        writeFileSync(cert, fallback.cert)
        writeFileSync(key, fallback.key, { mode: 0o600 })
        return "the one of the tests, as openssl is missing here"
      })
    ),
    Effect.map((origin) => ({ cert, key, origin }))
  )
})
