/** The variables of the environment that are read, as `--help` tells them. */
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"

export const variables: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ["SCENARIO_SDK_API_KEY, SCENARIO_SDK_API_SECRET", "API key and secret, under the names of the official SDKs"],
  ["SCENARIO_API_KEY, SCENARIO_API_SECRET", "The same, under the names of Scenario's guides; those above come first"],
  ["SCENARIO_SDK_JWT", "A bearer token, instead of key and secret"],
  ["SCENARIO_BASE_URL", `Where the API is [default: ${ScenarioConfig.defaultBaseUrl}]`],
  ["SCENARIO_PROJECT_ID", "The project to work in [default: the key's own]"],
  ["SCENARIO_ASSETS_…", "Other lasting defaults, such as SCENARIO_ASSETS_LIMIT_RATE; see doctor"],
  ["XDG_CONFIG_HOME, XDG_STATE_HOME", "Where credentials and defaults, and the records of runs, are kept"],
  ["NODE_EXTRA_CA_CERTS", "A file with certificates to trust besides those that Node trusts"],
  ["HTTP_PROXY, HTTPS_PROXY", "Not used: proxies are not supported"],
  ["NO_COLOR, FORCE_COLOR", "Without colours; with colours also where stdout is no terminal"]
]
