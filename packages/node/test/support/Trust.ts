import * as Tls from "node:tls"
import { cert } from "./certificate.ts"

/** Has this process trust the certificate of the tests, as `NODE_EXTRA_CA_CERTS` would from its start. */
export const certificate = (): void => Tls.setDefaultCACertificates([...Tls.getCACertificates("default"), cert])
