/** The script and style of the gallery's page, as they should be, for the test that compares. */
export { page } from "../scripts/gallery.ts"
