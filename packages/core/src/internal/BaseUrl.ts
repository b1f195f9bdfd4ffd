/** Where the API is. */
import * as Result from "effect/Result"
import * as ConfigNames from "./ConfigNames.ts"
import { InvalidConfig } from "./InvalidConfig.ts"

/**
 * The base URL of Scenario's API.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultBaseUrl = "https://api.cloud.scenario.com/v1"

/** A base URL as it is used, without a trailing slash. One that holds credentials, a query or a fragment is refused. */
export const parse = (
  value: string,
  names: ConfigNames.Names = ConfigNames.options
): Result.Result<string, InvalidConfig> => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const refuse = (wrong: string) =>
    Result.fail(
      new InvalidConfig({
        kind: "baseUrl",
        message: `The base URL ${wrong}; set ${names.baseUrl} to one such as ${defaultBaseUrl}, or leave it out.`
      })
    )
  if (url === undefined || !/^https?:$/.test(url.protocol)) return refuse("is not an absolute http or https URL")
  if (url.username !== "" || url.password !== "") return refuse("holds credentials")
  if (url.search !== "" || url.hash !== "") return refuse("holds a query or a fragment")
  // Not the text as given: white space around it, or an empty query, would end up in the middle of every request's URL.
  return Result.succeed(`${url.origin}${url.pathname}`.replace(/\/+$/, ""))
}
