/** The tests that need a database, a browser, or a matrix of hosts, disks and other people's tools: `test:systems`. What is missing is named at the end. */
import { defineConfig } from "vitest/config"
import base, { systems } from "./vitest.config.ts"

export default defineConfig({ test: { ...base.test, include: systems, exclude: ["**/node_modules/**"] } })
