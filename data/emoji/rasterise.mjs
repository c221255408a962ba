// Draws SVG pictures into square PNG files with resvg: node rasterise.mjs ICONS.json FOLDER SIZE
// ICONS.json holds {file name without ending: SVG text}. Run from a folder where @resvg/resvg-js is installed.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { Resvg } = createRequire(join(process.cwd(), "package.json"))("@resvg/resvg-js");
const [icons, folder, size] = process.argv.slice(2);

for (const [name, svg] of Object.entries(JSON.parse(readFileSync(icons, "utf8")))) {
  // No fonts: a picture with text in it would look different on every machine.
  const options = { fitTo: { mode: "width", value: Number(size) }, font: { loadSystemFonts: false } };
  writeFileSync(join(folder, `${name}.png`), new Resvg(svg, options).render().asPng());
}
