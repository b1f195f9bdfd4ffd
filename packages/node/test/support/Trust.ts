/** Has this process trust the certificate of the tests, as `NODE_EXTRA_CA_CERTS` would from its start. */
import * as Tls from "node:tls"
import { cert } from "./certificate.ts"

Tls.setDefaultCACertificates([...Tls.getCACertificates("default"), cert])
