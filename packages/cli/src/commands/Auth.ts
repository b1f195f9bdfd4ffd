/** `auth`, in words. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "../settings/Options.ts"

const { baseUrl } = Options.connection

const login = Command.make(
  "login",
  {
    withToken: Flag.Boolean("with-token").pipe(
      Flag.withDescription("Store a bearer token instead of an API key and its secret"),
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
  Command.withDescription("Check credentials, typed in or from stdin, and store them"),
  Command.withExamples([
    {
      command: "scenario-assets auth login",
      description: "With an API key from Scenario: Organization settings > API Keys"
    },
    {
      command: "pass scenario | scenario-assets auth login",
      description: "From stdin: KEY:SECRET on one line, or on two"
    },
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
  Command.withDescription("Show which credentials are used, and whether the API accepts them"),
  Command.withExamples([{ command: "scenario-assets auth status", description: "Exit code 4 if they are rejected" }])
)

const logout = Command.make(
  "logout",
  { baseUrl, ...Options.output },
  Options.lazily(
    () => import("../handlers/Auth.ts"),
    ({ logout }) => logout
  )
).pipe(
  Command.withDescription("Remove stored credentials"),
  Command.withExamples([{ command: "scenario-assets auth logout", description: "Those for the default base URL" }])
)

export const command = Command.make("auth").pipe(
  Command.withDescription("Store, show and remove credentials"),
  Command.withSubcommands([login, status, logout]),
  Command.withExamples([
    { command: "scenario-assets auth login", description: "Asks for an API key, checks and stores it" }
  ])
)
