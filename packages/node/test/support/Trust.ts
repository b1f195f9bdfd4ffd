import * as Tls from "node:tls"
import { afterAll, beforeAll } from "vitest"
import { cert } from "./certificate.ts"

/** Has the tests of this file trust their certificate, as `NODE_EXTRA_CA_CERTS` would from the start of a process. */
export const certificate = (): void => {
  const before = Tls.getCACertificates("default")
  beforeAll(() => Tls.setDefaultCACertificates([...before, cert]))
  afterAll(() => Tls.setDefaultCACertificates(before))
}
