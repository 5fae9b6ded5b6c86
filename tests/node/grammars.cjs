// Reads queries from standard input, one JSON array of { place, language, query }, and prints those that their
// grammar does not read. The argument is the folder with node_modules.
const path = require("node:path");
const modules = require("node:module").createRequire(path.resolve(process.argv[2], "here.js"));

const PARSERS = {
  promql: modules("@prometheus-io/lezer-promql").parser,
  logql: modules("@grafana/lezer-logql").parser,
  traceql: modules("@grafana/lezer-traceql").parser,
};

let input = "";
process.stdin.on("data", (chunk) => (input += chunk));
process.stdin.on("end", () => {
  const queries = JSON.parse(input);
  let bad = 0;
  for (const { place, language, query } of queries) {
    let error = null;
    PARSERS[language].parse(query).iterate({
      enter: (node) => {
        if (node.type.isError && error === null) error = node.from;
      },
    });
    if (error !== null) {
      bad += 1;
      console.log(`${place}: no ${language} from column ${error + 1} on: ${query}`);
    }
  }
  console.log(`${queries.length} queries, ${bad} bad`);
  process.exitCode = bad === 0 && queries.length > 0 ? 0 : 1;
});
