export * as Fleet from "./Fleet.ts"
export * as FleetError from "./FleetError.ts"
export * as Migrations from "./Migrations.ts"
export * as RunProgress from "./RunProgress.ts"
