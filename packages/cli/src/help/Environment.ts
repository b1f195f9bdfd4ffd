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
  ["HTTPS_PROXY, HTTP_PROXY, ALL_PROXY", "The proxy for https, for http, and for what has none of its own"],
  ["NO_PROXY", "Hosts to reach without a proxy, such as example.com,10.0.0.0/8; this machine always is"],
  ["NO_COLOR, FORCE_COLOR", "Without colours; with colours also where stdout is no terminal"]
]
