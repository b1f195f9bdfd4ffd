/**
 * An emulated Scenario, for demos, tests and work without a network.
 *
 * @since 0.1.0
 */
export * as Archive from "./Archive.ts"
export * as Catalogue from "./Catalogue.ts"
export * as Content from "./Content.ts"
export * as Emulator from "./Emulator.ts"
export * as EmulatorHttpClient from "./EmulatorHttpClient.ts"
export * as Fault from "./Fault.ts"
export * as FaultKind from "./FaultKind.ts"
export * as FileNames from "./FileNames.ts"
export * as JobScript from "./JobScript.ts"
export * as Picture from "./Picture.ts"
export * as PictureFormat from "./PictureFormat.ts"
export * as Reply from "./Reply.ts"
export * as ScenarioApi from "./ScenarioApi.ts"
export * as Zip from "./Zip.ts"
