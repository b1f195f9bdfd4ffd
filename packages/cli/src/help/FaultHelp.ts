/** How the faults of `emulate` are written. */
import * as Fault from "@scenario-assets/core/testing/Fault"
import type { Section } from "./HelpSection.ts"

export const section: Section = { title: "Faults", rows: Fault.guide }
