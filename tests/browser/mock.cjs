// Answers of the API with chosen data: hostile text, traces of thousands of spans, a thousand lines a second, and
// failures on request. What a real service answers is tested against a real service.
const { createServer } = require("node:http");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const assets = join(__dirname, "../../obs-console/assets");
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

const HOSTILE = [
  "<img src=x onerror=alert(1)><script>alert(2)</script>",
  "\u202eevil\u2066 \u0000\u001b[31mred\u0007 \ud800 end",
  "{{data}} ${7*7} </script><style>*{display:none}</style>",
];

const iso = (at) => new Date(at).toISOString();
const hex = (number, digits) => number.toString(16).padStart(digits, "0");

/** Numbers that look random and are the same in each run. */
function sequence(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

function range(request, now) {
  const { searchParams } = request;
  const from = Date.parse(searchParams.get("from") ?? "");
  const to = Date.parse(searchParams.get("to") ?? "");
  if (from && to) return [from, to];
  const [, many = "15", unit = "m"] = /^(\d+)([smhd])$/.exec(searchParams.get("last") ?? "") ?? [];
  return [now - Number(many) * { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[unit], now];
}

/** A server whose `state` decides what it answers. */
async function start(state = {}) {
  const server = createServer((request, response) => {
    try {
      answer(state, request, response);
    } catch (error) {
      response.writeHead(500).end(String(error?.stack ?? error));
    }
  });
  await new Promise((done) => server.listen(state.port ?? 0, "127.0.0.1", done));
  state.requests = [];
  return { url: `http://127.0.0.1:${server.address().port}/obs`, state, stop: () => { server.closeAllConnections(); server.close(); } };
}

function answer(state, request, response) {
  const url = new URL(request.url, "http://mock");
  const path = url.pathname.replace(/^\/obs/, "") || "/";
  state.requests.push({ path, at: Date.now() });
  if (path.startsWith("/assets/")) return file(response, path.slice(8));
  if (!path.startsWith("/api/v1/")) return page(response);
  const name = decodeURIComponent(path.slice(8));
  if (state.fail) return json(response, state.fail.status, { error: { code: state.fail.code, message: state.fail.message, parameter: state.fail.parameter ?? null, offset: state.fail.offset ?? null, evicted_at: state.fail.evicted_at ?? null } });
  if (request.method === "POST") return post(state, name, request, response);
  if (name === "lines" && url.searchParams.get("follow")) return follow(state, response);
  const now = Date.now();
  const [from, to] = range(url, now);
  const data = state.hostile && HOSTILE_DATA[name.split("/")[0]] ? HOSTILE_DATA[name.split("/")[0]](name, from, to, now) : DATA[name.split("/")[0]]?.(name, from, to, now, state, url);
  if (data === undefined) return json(response, 404, { error: { code: "unknown", message: `nothing is known of ${name}`, parameter: null, offset: null } });
  const service = { name: state.hostile ? HOSTILE[0] : "storefront", version: "1.4.2", environment: "demo", instance: "a1" };
  json(response, 200, { api: 1, service, now: iso(now), window: { from: iso(from), to: iso(to) }, left_out: state.hostile ? [{ what: HOSTILE[0], count: 3, why: HOSTILE[1] }] : [], next: null, data });
}

function file(response, name) {
  const [, stem, ending] = /^(app|share)(?:-\w+)?\.(js|css|html)$/.exec(name) ?? [];
  if (!stem) return response.writeHead(404).end();
  const types = { js: "text/javascript", css: "text/css", html: "text/plain" };
  response.writeHead(200, { "content-type": `${types[ending]}; charset=utf-8` }).end(readFileSync(join(assets, `${stem}.${ending}`)));
}

function page(response) {
  const text = readFileSync(join(assets, "index.html"), "utf8").replaceAll("{{base}}", "/obs").replace("{{app.js}}", "app-0.js").replace("{{app.css}}", "app-0.css");
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY }).end(text);
}

function json(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function post(state, name, request, response) {
  let body = "";
  request.on("data", (part) => { body += part; });
  request.on("end", () => {
    (state.posts ??= []).push({ name, body: JSON.parse(body) });
    json(response, 200, { api: 1, data: {} });
  });
}

function follow(state, response) {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  let seq = 1_000_000;
  const each = state.linesPerSecond ?? 2;
  let due = 0;
  const timer = setInterval(() => {
    due += each / 50;
    for (; due >= 1; due -= 1) response.write(`${JSON.stringify(line(seq++, Date.now(), state.hostile))}\n`);
  }, 20);
  response.on("close", () => clearInterval(timer));
}

// --- data -------------------------------------------------------------------

const ENDPOINTS = [
  ["server", "GET", "/orders/{id}", 41, 0.004, 0.012, 12], ["server", "POST", "/checkout", 9.2, 0.061, 0.31, 6],
  ["server", "GET", "/products", 87, 0, 0.0041, 3], ["server", "GET", "/products/{id}/reviews", 23, 0.001, 0.022, 2],
  ["client", "POST", "payments/charge", 9.1, 0.058, 0.27, 5], ["client", "GET", "orders/orders/{id}", 41, 0.001, 0.008, 4],
  ["server", "GET", "/events", 0.4, 0, 38, 21], ["server", "GET", "/assets/{file}", 150, 0, 0.0003, 0], ["server", "PUT", "/cart/{id}", 5.5, 0.012, 0.051, 1],
];

function wave(length, mean, seed) {
  const random = sequence(seed);
  return Array.from({ length }, (_, at) => Math.max(0, mean * (1 + 0.25 * Math.sin(at / 6 + seed) + 0.3 * (random() - 0.5))));
}

function endpointRow([kind, method, endpoint, rate, error, p50, inFlight], at, from, to) {
  const step = (to - from) / 1000 / 60;
  const rates = wave(60, rate, at + 1 + Math.floor(to / 2000));
  return {
    kind, method, endpoint, requests: Math.round((rate * (to - from)) / 1000), rate, errors: Math.round((rate * error * (to - from)) / 1000),
    error_ratio: error, p50, p95: p50 * 2.6, p99: p50 * 6.1, in_flight: inFlight, budget_left: kind === "client" ? null : 1 - error * 15,
    spark: { from: iso(from), step, rate: rates, errors: rates.map((value, place) => (error && place > 38 ? value * error * 1.8 : value * error * 0.4)) },
  };
}

function record(at, now, more = {}) {
  const [kind, method, endpoint, , , p50] = ENDPOINTS[at % ENDPOINTS.length];
  const isBad = at % 3 === 0;
  const duration = p50 * (1 + (at % 7));
  return {
    kind: kind === "client" ? "call" : "request", service: "storefront", request_id: `req-${hex(at, 12)}`, trace_id: hex(0x4bf92f35 + at, 32), span_id: hex(0xf067aa0 + at, 16),
    parent_id: null, sampled: true, method, endpoint, path: endpoint.replace("{id}", String(4000 + at)), client: "192.0.2.17", started: iso(now - at * 1700 - duration * 1000), ended: iso(now - at * 1700),
    duration, head: duration * 0.9, outcome: isBad ? "server_error" : "ok", status: isBad ? 503 : 200, error_type: isBad ? "payment_declined" : null,
    error: isBad ? "the payment provider answered 503 Service Unavailable" : null, error_source: isBad ? "connection reset by peer" : null, fingerprint: isBad ? "9f02aa17" : null,
    request_bytes: 220, response_bytes: 4120, polls: 4, spans: 9, lines: 6, left_out_spans: 0, left_out_lines: 0, ...more,
  };
}

const MESSAGES = [["INFO", "shop::orders", "order read"], ["INFO", "obs::http", "request completed"], ["DEBUG", "shop::stock", "reserved"], ["WARN", "shop::payments", "the provider answers slowly"], ["ERROR", "shop::checkout", "payment failed"]];

function line(seq, at, isHostile = false, more = {}) {
  const [level, target, message] = MESSAGES[(seq * 7 + (seq % 3)) % MESSAGES.length];
  return {
    seq, at: iso(at), level, service: "storefront", target: isHostile ? HOSTILE[1] : target, message: isHostile ? HOSTILE[seq % 3] : message,
    fields: [{ key: "order_id", value: 4000 + (seq % 90) }, { key: isHostile ? HOSTILE[0] : "user", value: isHostile ? HOSTILE[2] : `u-${seq % 31}` }],
    request_id: `req-${hex(seq % 40, 12)}`, trace_id: hex(0x4bf92f35 + (seq % 40), 32), span_id: hex(0xf067aa0 + (seq % 40), 16), held: false, text: `{"level":"${level}"}`, ...more,
  };
}

/** A trace with so many spans, of three services. */
function trace(id, many, now, isHostile = false) {
  const random = sequence(7);
  const services = isHostile ? [HOSTILE[0], HOSTILE[1], "payments"] : ["storefront", "orders", "payments"];
  const start = now - 5000;
  const names = ["POST /checkout", "reserve stock", "SELECT stock", "POST payments/charge", "POST /charge", "provider call", "write receipt", "GET orders/orders/{id}", "render"];
  const spans = [];
  for (let at = 0; at < many; at += 1) {
    const parent = at === 0 ? null : spans[at < 9 ? Math.floor((at - 1) / 2) : Math.max(0, at - 1 - Math.floor(random() * 6))];
    const offset = parent ? parent.offset + parent.duration * random() * 0.4 : 0;
    const duration = parent ? Math.max(0.00002, (parent.offset + parent.duration - offset) * (0.35 + random() * 0.55)) : 0.842;
    const isBad = at === 5 || at === 4 || at === 3 || at === 0;
    spans.push({
      service: services[at === 0 ? 0 : at % 3], span_id: hex(0xf067aa0 + at, 16), parent_id: parent?.span_id ?? null, name: isHostile ? HOSTILE[at % 3].repeat(1 + (at % 4)) : names[at % names.length],
      kind: at % 3 ? "internal" : "server", started: iso(start + offset * 1000), offset, duration, self_time: duration * 0.3, status: isBad ? "error" : "unset", outcome: isBad ? "server_error" : null,
      error: isBad ? (isHostile ? HOSTILE[0] : "the payment provider answered 503 Service Unavailable") : null,
      attributes: [{ key: "http.request.method", value: "POST" }, { key: "http.route", value: "/checkout" }, { key: "order.id", value: 4711 }, { key: "cart.items", value: 3 }, ...(isHostile ? [{ key: HOSTILE[0], value: "x".repeat(8192) + HOSTILE[1] }] : [])],
      left_out_attributes: 0, events: isBad ? [{ at: iso(start + offset * 1000 + 3), name: "exception", attributes: [{ key: "exception.type", value: "Declined" }] }] : [], is_record: at === 0, is_running: false,
    });
  }
  const lines = Array.from({ length: Math.min(many, 24) }, (_, at) => line(at, start + 20 + at * 30, isHostile, { span_id: spans[at % Math.min(9, many)].span_id, trace_id: id, seq: null }));
  return { trace_id: id, started: iso(start), duration: 0.842, services, records: [record(0, now, { method: "POST", endpoint: "/checkout", trace_id: id, duration: 0.842 })], spans, lines, critical_path: spans.slice(0, 6).map((span) => span.span_id), unaccounted: 0.113, open: [] };
}

function heatmap(from, to) {
  const random = sequence(3);
  const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, null];
  const counts = Array.from({ length: 60 }, (_, column) => bounds.map((_, at) => {
    const middle = column > 38 && column < 52 ? 7.5 : 5;
    return Math.max(0, Math.round(300 * Math.exp(-((at - middle) ** 2) / 1.6) * (0.6 + random()) - 1)) + (random() > 0.97 && at > 7 && at < 11 ? 1 : 0);
  }));
  const exemplars = Array.from({ length: 24 }, (_, at) => ({ at: iso(from + ((at * 2 + 9) / 60) * (to - from)), value: [0.018, 0.03, 0.32, 0.8, 1.9][at % 5], trace_id: hex(0x4bf92f35 + at, 32), span_id: hex(0xf067aa0, 16) }));
  return { from: iso(from), step: (to - from) / 60_000, bounds, counts, exemplars };
}

function group(at, from, to) {
  const causes = [["payment_declined", "the payment provider answered 503 Service Unavailable"], ["timeout", "deadline of 2 s has passed"], ["panic", "index out of bounds: the len is 3 but the index is 7"]];
  const [error_type, error] = causes[at % 3];
  return { fingerprint: hex(0x9f02aa17 + at, 8), kind: "request", method: "POST", endpoint: "/checkout", error_type, error, error_source: "connection reset by peer", count: 214 - at * 60, first: iso(from + 6e4), last: iso(to - 4e3 * (at + 1)), trend: { from: iso(from), step: (to - from) / 30_000, counts: wave(30, 7 - at, at + 2).map((value, place) => (place > 18 ? Math.round(value) : at)) }, example: record(0, to) };
}

function alert(at, now, state = "firing") {
  return { name: ["HighErrorRatio", "LatencyBudgetBurn"][at % 2], state, since: iso(now - 252_000), value: [0.061, 14.2][at % 2], severity: ["critical", "warning"][at % 2], summary: ["6.1 % of POST /checkout fail, 1 % is allowed", "The latency budget of /orders burns 14 times too fast"][at % 2], description: "Most failures come from payments.", runbook: "1. Look at Errors for /checkout.\n2. If the provider is down, switch to the second one.\n3. Tell the shop.", runbook_url: "https://example.com/runbooks/high-error-ratio", labels: [{ key: "endpoint", value: "/checkout" }, { key: "method", value: "POST" }], fingerprint: hex(at, 16) };
}

const DATA = {
  session: (_n, from, _to, _now, state) => ({ rights: { see: true, sensitive: false, change: Boolean(state.controls) }, controls: Boolean(state.controls), alerts: true, console_version: "0.1.0", retention: { history_from: iso(from), oldest_record: iso(from), recorder_bytes: 9e6, recorder_limit: 33e6, history_step: 2 } }),
  overview: (_n, from, to, now, state) => ({
    endpoints: state.empty ? [] : ENDPOINTS.map((row, at) => endpointRow(row, at, from, to)), totals: { rate: 366, error_ratio: 0.0042, in_flight: 54, requests: 329_400 }, alerts: state.quiet ? [] : [alert(0, now)],
    saturation: [{ name: "db_pool_connections", labels: [{ key: "pool", value: "orders" }], value: 17, limit: 20, unit: "1" }, { name: "queue_bytes", labels: [], value: 812_000, limit: 4_194_304, unit: "bytes" }],
    telemetry: { lines_written: 48_112, lines_dropped: 0, spans_exported: 210_200, spans_dropped: 12, spans_queued: 40, recorder_bytes: 9e6, recorder_limit: 33e6, recorder_evicted: 3100, scrapes: 61, series: 412, series_dropped: 0 },
  }),
  running: (_n, _f, _t, now) => ({ stuck: 1, total: 4, running: Array.from({ length: 4 }, (_, at) => ({ kind: at === 2 ? "upgrade" : at === 3 ? "call" : "request", request_id: `req-${at}`, trace_id: hex(0x4bf92f35 + at, 32), span_id: hex(0xf067aa0 + at, 16), parent_id: null, sampled: true, method: "POST", endpoint: ["/checkout", "/orders/{id}", "/events", "payments/charge"][at], path: ["/checkout", "/orders/4711", "/events", "/charge"][at], client: "192.0.2.1", started: iso(now - 47_000 / (at + 1)), age: 47 / (at + 1), p99: [1.9, 0.07, null, 1.6][at], stuck: at === 0, phase: ["waiting", "body", "streaming", "waiting"][at], status: at === 1 ? 200 : null, request_bytes: 200, response_bytes: 4096 * at, polls: 3 + at, since_poll: [46.2, 0.01, 2, 0.2][at], open_spans: at === 0 ? ["reserve stock", "POST payments/charge"] : [], last_line: line(3 + at, now - 46_000) })) }),
  endpoint: (_n, from, to, now) => {
    const row = endpointRow(ENDPOINTS[1], 1, from, to);
    return { row, heatmap: heatmap(from, to), series: { from: iso(from), step: row.spark.step, rate: row.spark.rate, errors: row.spark.errors, p50: wave(60, 0.31, 2), p95: wave(60, 0.8, 3), p99: wave(60, 1.9, 4) }, head: { p50: 0.3, p95: 0.78, p99: 1.8 }, statuses: [{ status: "200", count: 7400 }, { status: "503", count: 480 }, { status: "404", count: 61 }], outcomes: [{ outcome: "ok", count: 7400 }, { outcome: "server_error", count: 480 }, { outcome: "client_error", count: 61 }, { outcome: "cancelled", count: 9 }], slowest: [1, 2, 4].map((at) => record(at, now)), errors: [0, 3, 6].map((at) => record(at, now)) };
  },
  records: (_n, _f, _t, now) => Array.from({ length: 40 }, (_, at) => record(at, now)),
  traces: (name, _f, _t, now, state) => trace(name.split("/")[1], state.spans ?? 9, now, state.hostile),
  lines: (_n, _f, to, _now, state) => Array.from({ length: 300 }, (_, at) => line(at + 1, to - (300 - at) * 211, state.hostile)),
  errors: (name, from, to, now) => (name.includes("/") ? { ...group(0, from, to), recent: [0, 3, 6, 9].map((at) => record(at, now)) } : [0, 1, 2].map((at) => group(at, from, to))),
  diff: (_n, from, to) => ({ mode: "windows", a_records: 484, b_records: 350, a: { from: iso(from), to: iso(to) }, b: { from: iso(2 * from - to), to: iso(from) }, endpoints: ENDPOINTS.slice(0, 5).map(([kind, method, endpoint, rate, error, p50], at) => ({ kind, method, endpoint, a: { requests: 1, rate, error_ratio: error, p50, p95: p50 * 2, p99: p50 * 6 }, b: { requests: 1, rate: rate * 1.1, error_ratio: error / 9, p50: p50 / 1.2, p95: p50, p99: p50 * 2 }, score: 0.9 / (at + 1) })), attributes: [{ key: "payment.provider", value: "northpay", a_share: 0.91, b_share: 0.34, a_count: 441, b_count: 120, score: 0.57 }, { key: "client.region", value: "eu-north", a_share: 0.4, b_share: 0.22, a_count: 194, b_count: 80, score: 0.18 }], versions: [{ key: "payments", value: "2.0.1", a_share: 1, b_share: 0.4, a_count: 484, b_count: 150, score: 0.6 }] }),
  alerts: (_n, from, to, now, state) => ({ available: true, alerts: state.quiet ? [] : [alert(0, now), alert(1, now, "pending")], past: [alert(1, now - 4e6, "resolved")], rules: [0, 1].map((at) => ({ name: alert(at, now).name, severity: alert(at, now).severity, state: "inactive", alerts: 0, error: null, missing: null })), slos: [{ name: "availability", objective: 0.99, window: "30d", error_ratio: 0.004, burn_rates: [{ window: "1h", rate: 1.4 }, { window: "6h", rate: 1.1 }], budget_left: 0.62, burn: { from: iso(from), step: (to - from) / 60_000, values: wave(60, 1.4, 5) } }, { name: "latency", objective: 0.95, window: "30d", error_ratio: 0.03, burn_rates: [{ window: "1h", rate: 14.2 }, { window: "6h", rate: 6 }], budget_left: 0.11, burn: { from: iso(from), step: (to - from) / 60_000, values: wave(60, 6, 6) } }], silences: [{ id: "s1", matchers: ["alertname=HighErrorRatio"], until: iso(now + 6e5), comment: "deploying" }] }),
  metrics: (name, from, to) => (name.includes("/")
    ? { name: name.split("/")[1], type: "histogram", unit: "seconds", help: "Time from the head of the request to the end of the answer", promql: ["histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))"], series: ENDPOINTS.slice(0, 5).map(([, method, endpoint, rate, , p50], at) => ({ labels: [{ key: "method", value: method }, { key: "endpoint", value: endpoint }], value: null, count: Math.round(rate * 900), sum: rate * 900 * p50, quantiles: [{ quantile: 0.5, value: p50 }, { quantile: 0.99, value: p50 * 6 }], history: { from: iso(from), step: (to - from) / 60_000, values: wave(60, rate, at + 1) }, promql: `rate(http_request_duration_seconds_count{method="${method}",endpoint="${endpoint}"}[5m])` })) }
    : ["http_requests_total", "http_request_duration_seconds", "http_errors_total", "http_requests_in_flight", "db_pool_connections", "process_cpu_seconds_total"].map((metric, at) => ({ name: metric, type: ["counter", "histogram", "counter", "gauge", "gauge", "counter"][at], unit: ["", "seconds", "", "", "", "seconds"][at], help: "What the guide says of it", series: 3 + at * 4 }))),
  runtime: () => ({ process: [{ key: "cpu", value: 0.34, unit: "ratio" }, { key: "resident_memory", value: 48_234_496, unit: "bytes" }, { key: "open_files", value: 61, unit: "1" }, { key: "uptime", value: 91_242, unit: "seconds" }, { key: "threads", value: 9, unit: "1" }], runtimes: [{ name: "tokio", workers: 4, busy: 0.31, live_tasks: 212, global_queue: 2 }], features: [["otlp", true], ["gzip", true], ["tokio-metrics", true], ["grpc", false]].map(([name, enabled]) => ({ name, enabled })), configuration: [{ key: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "http://collector:4317", source: "environment" }, { key: "OTEL_EXPORTER_OTLP_HEADERS", value: "[redacted]", source: "environment" }, { key: "log filter", value: "info,shop=debug", source: "code" }], health: [{ name: "database", status: "pass", reason: null, required: null }, { name: "payments", status: "warn", reason: "2 of 3 answered", required: false }], versions: [{ name: "obs", version: "0.1.0" }, { name: "rustc", version: "1.95.0" }], console: { followers: 1, followers_limit: 32, history_bytes: 812_000, intake_bytes: 0 } }),
  controls: (_n, _f, _t, now, state) => ({ enabled: Boolean(state.controls), active: [{ id: "o1", kind: "log-filter", text: "shop::orders=debug", until: iso(now + 3e5), by: "127.0.0.1" }], audit: [{ at: iso(now - 9e3), by: "127.0.0.1", text: "log filter set to shop::orders=debug for 300 s" }] }),
  suggestions: (_n, _f, _t, _now, _s, url) => (/:[^\s]*$/.test(url.searchParams.get("text")) ? { keys: [], values: ["warn", "error"] } : { keys: ["level", "target", "service", "endpoint", "status", "duration"], values: [] }),
};

/** Replaces every word of the data by hostile text. */
function poisoned(value, key = "") {
  if (typeof value === "string") return /^\d{4}-|^[0-9a-f]{16,}$/.test(value) || ["kind", "state", "phase", "level", "outcome", "status"].includes(key) ? value : HOSTILE[value.length % 3] + (key === "path" || key === "help" ? "A".repeat(1 << 20) : "");
  if (Array.isArray(value)) return value.map((item) => poisoned(item, key));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poisoned(item, name)]));
  return value;
}

const HOSTILE_DATA = Object.fromEntries(["overview", "running", "endpoint", "records", "errors", "diff", "alerts", "metrics", "runtime", "controls"].map((name) => [name, (path, from, to, now) => poisoned(DATA[name](path, from, to, now, { controls: true }, null))]));

module.exports = { HOSTILE, start };
