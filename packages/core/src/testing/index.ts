/**
 * An emulated Scenario, for demos, tests and work without a network.
 *
 * @since 0.1.0
 */
export * as Emulator from "./Emulator.ts"
export * as EmulatorHttpClient from "./EmulatorHttpClient.ts"
export * as Fault from "./Fault.ts"
export * as JobScript from "./JobScript.ts"
export * as ScenarioApi from "./ScenarioApi.ts"
