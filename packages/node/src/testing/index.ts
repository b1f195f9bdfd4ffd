/**
 * What tests and demos need of this machine.
 *
 * @since 0.1.0
 */
export * as EmulatorServer from "./EmulatorServer.ts"
export * as RawServer from "./RawServer.ts"
