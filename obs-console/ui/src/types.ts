// The answers of /api/v1, as obs-console/openapi.json describes them.

export interface Answer<T> {
  api: 1;
  service: Service;
  now: string;
  window: TimeSpan | null;
  left_out: LeftOut[];
  next: string | null;
  data: T;
}
export interface TimeSpan {
  from: string;
  to: string;
}
export interface LeftOut {
  what: string;
  count: number | null;
  why: string;
}
export interface Service {
  name: string;
  version: string | null;
  environment: string | null;
  instance: string | null;
}
export interface ProblemBody {
  error: {
    code: string;
    message: string;
    parameter: string | null;
    offset: number | null;
    evicted_at?: string | null;
  };
}
export type Value = string | number | boolean;
export interface KeyValue {
  key: string;
  value: Value;
}
export interface Label {
  key: string;
  value: string;
}
type Numbers = (number | null)[];

export interface Session {
  rights: { see: boolean; sensitive: boolean; change: boolean };
  controls: boolean;
  alerts: boolean;
  console_version: string;
  retention: {
    history_from: string | null;
    oldest_record: string | null;
    recorder_bytes: number;
    recorder_limit: number;
    history_step: number;
  };
}
export interface Overview {
  endpoints: EndpointRow[];
  totals: { rate: number; error_ratio: number | null; in_flight: number; requests: number };
  alerts: Alert[];
  saturation: { name: string; labels: Label[]; value: number; limit: number | null; unit: string }[];
  telemetry: Record<string, number | null>;
}
export interface EndpointRow {
  kind: "server" | "client";
  method: string;
  endpoint: string;
  requests: number;
  rate: number;
  errors: number;
  error_ratio: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  in_flight: number;
  budget_left: number | null;
  spark: { from: string; step: number; rate: Numbers; errors: Numbers };
}
export interface RunningAnswer {
  running: Running[];
  stuck: number;
  total: number;
}
export interface Running {
  kind: "request" | "call" | "upgrade" | "job";
  request_id: string;
  trace_id: string;
  span_id: string;
  parent_id: string | null;
  sampled: boolean;
  method: string;
  endpoint: string;
  path: string;
  client: string | null;
  started: string;
  age: number;
  p99: number | null;
  stuck: boolean;
  phase: "waiting" | "body" | "streaming";
  status: number | null;
  request_bytes: number | null;
  response_bytes: number;
  polls: number;
  since_poll: number;
  open_spans: string[];
  last_line: Line | null;
}
export interface EndpointAnswer {
  row: EndpointRow;
  heatmap: Heatmap;
  series: { from: string; step: number; rate: Numbers; errors: Numbers; p50: Numbers; p95: Numbers; p99: Numbers };
  head: { p50: number | null; p95: number | null; p99: number | null } | null;
  statuses: { status: string; count: number }[];
  outcomes: { outcome: string; count: number }[];
  slowest: RecordSummary[];
  errors: RecordSummary[];
}
export interface Heatmap {
  from: string;
  step: number;
  bounds: Numbers;
  counts: number[][];
  exemplars: { at: string; value: number; trace_id: string; span_id: string }[];
}
export interface RecordSummary {
  kind: string;
  service: string;
  request_id: string;
  trace_id: string;
  span_id: string;
  parent_id: string | null;
  sampled: boolean;
  method: string;
  endpoint: string;
  path: string;
  client: string | null;
  started: string;
  ended: string;
  duration: number;
  head: number | null;
  outcome: string;
  status: number | null;
  error_type: string | null;
  error: string | null;
  error_source: string | null;
  fingerprint: string | null;
  request_bytes: number | null;
  response_bytes: number;
  polls: number;
  spans: number;
  lines: number;
  left_out_spans: number;
  left_out_lines: number;
}
export interface Trace {
  trace_id: string;
  started: string;
  duration: number;
  services: string[];
  records: RecordSummary[];
  spans: TraceSpan[];
  lines: Line[];
  critical_path: string[];
  unaccounted: number;
  open: Running[];
}
export interface TraceSpan {
  service: string;
  span_id: string;
  parent_id: string | null;
  name: string;
  kind: string;
  started: string;
  offset: number;
  duration: number;
  self_time: number;
  status: "unset" | "ok" | "error";
  outcome: string | null;
  error: string | null;
  attributes: KeyValue[];
  left_out_attributes: number;
  events: { at: string; name: string; attributes: KeyValue[] }[];
  is_record: boolean;
  is_running: boolean;
}
export type Level = "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERROR";
export interface Line {
  seq: number | null;
  at: string;
  level: Level;
  service: string;
  target: string;
  message: string;
  fields: KeyValue[];
  request_id: string | null;
  trace_id: string | null;
  span_id: string | null;
  held: boolean;
  text: string;
}
export type Followed = Line | { event: "dropped"; count: number } | { event: "alive"; at: string };
export interface ErrorGroup {
  fingerprint: string;
  kind: string;
  method: string;
  endpoint: string;
  error_type: string | null;
  error: string | null;
  error_source: string | null;
  count: number;
  first: string;
  last: string;
  trend: { from: string; step: number; counts: number[] };
  example: RecordSummary | null;
  recent?: RecordSummary[];
}
export interface Red {
  requests: number;
  rate: number;
  error_ratio: number | null;
  p50: number | null;
  p99: number | null;
}
export interface Share {
  key: string;
  value: Value;
  a_share: number;
  b_share: number;
  a_count: number;
  b_count: number;
  score: number;
}
export interface Diff {
  a: TimeSpan;
  b: TimeSpan;
  a_records: number;
  b_records: number;
  endpoints: { kind: string; method: string; endpoint: string; a: Red; b: Red; score: number }[];
  attributes: Share[];
  versions: Share[];
}
export interface Alert {
  name: string;
  state: string;
  since: string;
  value: number | null;
  severity: string;
  summary: string;
  description: string | null;
  runbook: string | null;
  runbook_url: string | null;
  labels: Label[];
  fingerprint: string;
}
export interface Rule {
  name: string;
  severity: string;
  state: string;
  alerts: number;
  error: string | null;
  missing: string | null;
}
export interface SloBudget {
  name: string;
  objective: number;
  window: string;
  error_ratio: number | null;
  budget_left: number | null;
  burn_rates: { window: string; rate: number }[];
  burn: { from: string; step: number; values: Numbers };
}
export interface Silence {
  id: string;
  matchers: string[];
  until: string | null;
  comment: string;
}
export interface Alerts {
  available: boolean;
  alerts: Alert[];
  past: Alert[];
  rules: Rule[];
  slos: SloBudget[];
  silences: Silence[];
}
export interface Metric {
  name: string;
  type: string;
  unit: string;
  help: string;
  series: number;
}
export interface MetricAnswer extends Omit<Metric, "series"> {
  promql: string[];
  series: MetricSeries[];
}
export interface MetricSeries {
  labels: Label[];
  value: number | null;
  count: number | null;
  sum: number | null;
  quantiles: { quantile: number; value: number | null }[];
  history: { from: string; step: number; values: Numbers };
  promql: string;
}
export interface Runtime {
  process: { key: string; value: number | null; unit: string }[];
  runtimes: Record<string, unknown>[];
  features: { name: string; enabled: boolean }[];
  configuration: { key: string; value: string; source: string }[];
  health: { name: string; status: string; reason: string | null; required: boolean | null }[];
  versions: { name: string; version: string }[];
  console: Record<string, number | null>;
}
export interface Suggestions {
  keys: string[];
  values: string[];
}
export interface Controls {
  enabled: boolean;
  active: { id: string; kind: string; text: string; until: string; by: string | null }[];
  audit: { at: string; by: string | null; text: string }[];
}
