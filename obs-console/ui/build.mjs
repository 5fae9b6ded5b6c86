// Builds the page into ../assets; with --check, compares a fresh build with what is there instead.
//
// The packages are taken from node_modules beside this file, or from the folder that OBS_UI_PACKAGES names.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, "../assets");
const packages = resolve(process.env.OBS_UI_PACKAGES ?? join(here, "node_modules"));
const esbuild = createRequire(join(packages, "placeholder.js"))("esbuild");
// What a browser loads at its first visit: the document, the script and the style.
const FIRST_VISIT_LIMIT = 80 * 1024;

async function bundle(entry) {
  const result = await esbuild.build({
    entryPoints: [join(here, entry)],
    absWorkingDir: here,
    nodePaths: [packages],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    tsconfig: join(here, "tsconfig.json"),
    logLevel: "warning",
  });
  return result.outputFiles[0].text;
}

function hash(text) {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

// The document of a saved view: script and style stand in it, and its policy permits these two and nothing else.
function shareTemplate(script, style) {
  const policy = `default-src 'none'; img-src data:; script-src '${hash(script)}'; style-src '${hash(style)}'`;
  return readFileSync(join(here, "src/share.html"), "utf8").replace("{{policy}}", policy);
}

// The licences of what is bundled ask for their text in every copy.
function licences() {
  return ["lit-html", "uplot"]
    .map((name) => `/*\n${name}\n\n${readFileSync(join(packages, name, "LICENSE"), "utf8")}*/\n`)
    .join("")
    .replaceAll("\r", "");
}

async function build() {
  const script = await bundle("src/main.ts");
  const style = await bundle("src/styles/app.css");
  const credited = `${licences()}${script}`;
  return new Map([
    ["app.js", credited],
    ["app.css", style],
    ["index.html", readFileSync(join(here, "src/index.html"), "utf8")],
    ["share.html", shareTemplate(credited, style)],
  ]);
}

function firstVisit(files) {
  return ["app.js", "app.css", "index.html"].map((name) => gzipSync(files.get(name), { level: 9 }).length);
}

function write(files) {
  mkdirSync(assets, { recursive: true });
  for (const [name, text] of files) {
    writeFileSync(join(assets, name), text);
    if (name !== "share.html") writeFileSync(join(assets, `${name}.gz`), gzipSync(text, { level: 9 }));
  }
}

// Compressed files are compared by what is in them: releases of Node compress differently.
function stale(files) {
  const differs = (name, text) => {
    try {
      if (readFileSync(join(assets, name), "utf8") !== text) return true;
      return name !== "share.html" && gunzipSync(readFileSync(join(assets, `${name}.gz`))).toString() !== text;
    } catch {
      return true;
    }
  };
  return [...files].filter(([name, text]) => differs(name, text)).map(([name]) => name);
}

const files = await build();
const sizes = firstVisit(files);
const total = sizes.reduce((sum, size) => sum + size, 0);
console.log(`first visit: ${total} bytes gzipped (script ${sizes[0]}, style ${sizes[1]}, document ${sizes[2]})`);
if (total > FIRST_VISIT_LIMIT) {
  console.error(`more than ${FIRST_VISIT_LIMIT} bytes`);
  process.exit(1);
}
if (process.argv.includes("--check")) {
  const names = stale(files);
  if (names.length > 0) {
    console.error(`stale in obs-console/assets: ${names.join(", ")}; run npm run build in obs-console/ui`);
    process.exit(1);
  }
} else {
  write(files);
}
