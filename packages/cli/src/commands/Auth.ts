/** `auth`, in words. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "../settings/Options.ts"

const { baseUrl } = Options.connection

const login = Command.make(
  "login",
  {
    withToken: Flag.Boolean("with-token").pipe(
      Flag.withDescription("Store a bearer token, instead of an API key and its secret"),
      Flag.withDefault(false)
    ),
    ...Options.connection,
    ...Options.output
  },
  Options.lazily(
    () => import("../handlers/Auth.ts"),
    ({ login }) => login
  )
).pipe(
  Command.withDescription("Store credentials, typed in or from stdin, once the API has taken them"),
  Command.withExamples([
    { command: "scenario-assets auth login", description: "Asks for the API key and its secret, and shows neither" },
    { command: "pass scenario | scenario-assets auth login", description: "KEY:SECRET, or two lines, from elsewhere" },
    { command: "scenario-assets auth login --with-token < token.txt", description: "A bearer token" }
  ])
)

const status = Command.make(
  "status",
  { ...Options.connection, ...Options.output },
  Options.lazily(
    () => import("../handlers/Auth.ts"),
    ({ status }) => status
  )
).pipe(
  Command.withDescription("Print which credentials are used with an API, and whether it accepts them"),
  Command.withExamples([{ command: "scenario-assets auth status", description: "Exit code 4 if they do not work" }])
)

const logout = Command.make(
  "logout",
  { baseUrl, ...Options.output },
  Options.lazily(
    () => import("../handlers/Auth.ts"),
    ({ logout }) => logout
  )
).pipe(
  Command.withDescription("Remove the stored credentials of an API"),
  Command.withExamples([{ command: "scenario-assets auth logout", description: "Those of the usual API" }])
)

export const command = Command.make("auth").pipe(
  Command.withDescription("Store, show and remove the credentials for an API"),
  Command.withSubcommands([login, status, logout]),
  Command.withExamples([{ command: "scenario-assets auth login", description: "Asks for them, and stores them" }])
)
