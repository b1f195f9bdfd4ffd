/** What the options of a `ScenarioConfig` are called: in a program, in the environment, and in messages. */

/**
 * The names that the environment has for each option, the first of them first: those of the official SDKs, then those of
 * Scenario's guides.
 */
export const environment = {
  apiKey: ["SCENARIO_SDK_API_KEY", "SCENARIO_API_KEY"],
  apiSecret: ["SCENARIO_SDK_API_SECRET", "SCENARIO_API_SECRET"],
  bearerToken: ["SCENARIO_SDK_JWT"],
  baseUrl: ["SCENARIO_BASE_URL"],
  projectId: ["SCENARIO_PROJECT_ID"]
} as const

/** What messages call each option. */
export type Names = { readonly [Option in keyof typeof environment]: string }

/** The names of the options themselves. */
export const options: Names = {
  apiKey: "apiKey",
  apiSecret: "apiSecret",
  bearerToken: "bearerToken",
  baseUrl: "baseUrl",
  projectId: "projectId"
}

/** Their names in the environment, as messages about it call them. */
export const variables: Names = {
  apiKey: "SCENARIO_API_KEY",
  apiSecret: "SCENARIO_API_SECRET",
  bearerToken: "SCENARIO_SDK_JWT",
  baseUrl: "SCENARIO_BASE_URL",
  projectId: "SCENARIO_PROJECT_ID"
}
