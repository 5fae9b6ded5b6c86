// What Grafana calls a dashboard, so far as its types can be told from JSON: enums by their values, options
// and fields by the type of the panel.
import type { Dashboard, Panel, RowPanel, VariableModel, AnnotationQuery } from "@grafana/schema";
import type { Options as Heatmap } from "@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen";
import type { Options as Logs } from "@grafana/schema/dist/esm/raw/composable/logs/panelcfg/x/LogsPanelCfg_types.gen";
import type { Options as Stat } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type { Options as Table } from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type {
  Options as TimeSeries,
  FieldConfig as TimeSeriesField,
} from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

/** Members of string enums are their values in JSON. */
type Plain<T> = unknown extends T
  ? T
  : T extends string
    ? `${T}`
    : T extends number | boolean | null | undefined
      ? T
      : T extends (infer Item)[]
        ? Plain<Item>[]
        : T extends object
          ? { [Key in keyof T]: Plain<T[Key]> }
          : T;

/** A data source that is chosen on the dashboard. */
type Source<Kind extends string> = { type: Kind; uid: string };

type PrometheusQuery = {
  refId: string;
  datasource: Source<"prometheus">;
  editorMode: "code";
  expr: string;
  legendFormat: string;
  range: boolean;
  instant: boolean;
  exemplar: boolean;
  format: "time_series" | "table" | "heatmap";
};
type LokiQuery = {
  refId: string;
  datasource: Source<"loki">;
  expr: string;
  legendFormat: string;
  queryType: "range";
  maxLines: number;
};
type TempoQuery = {
  refId: string;
  datasource: Source<"tempo">;
  query: string;
  queryType: "traceql";
  filters: [];
  limit: number;
  tableType: "traces";
};

type FieldConfig = NonNullable<Panel["fieldConfig"]>;
/** Grafana's type lets any key into `custom`: ours are those of the panel's type only. */
type FieldsOf<Custom> = Plain<Omit<FieldConfig, "defaults">> & {
  defaults: Plain<Omit<FieldConfig["defaults"], "custom" | "unit">> & { unit: string; custom?: Plain<Custom> };
};
type PanelOf<Type extends string, Options, Custom = never> = Plain<
  Omit<Panel, "type" | "options" | "targets" | "title" | "description" | "gridPos" | "id" | "fieldConfig">
> & {
    id: number;
    fieldConfig: FieldsOf<Custom>;
    type: Type;
    title: string;
    description: string;
    gridPos: { h: number; w: number; x: number; y: number };
    options: Plain<Options>;
    targets: (PrometheusQuery | LokiQuery | TempoQuery)[];
  };

type AnyPanel =
  | PanelOf<"stat", Stat>
  | PanelOf<"timeseries", TimeSeries, TimeSeriesField>
  | PanelOf<"heatmap", Heatmap>
  | PanelOf<"table", Table>
  | PanelOf<"logs", Logs>;

type OurAnnotation = Plain<AnnotationQuery> & {
  expr: string;
  step: string;
  titleFormat: string;
  textFormat: string;
  tagKeys: string;
};

export type Checked = Plain<Omit<Dashboard, "panels" | "annotations" | "templating" | "schemaVersion">> & {
  schemaVersion: 42;
  panels: (AnyPanel | Plain<RowPanel>)[];
  templating: { list: Plain<VariableModel>[] };
  annotations: { list: OurAnnotation[] };
};
