export * as S3Destination from "./S3Destination.ts"
