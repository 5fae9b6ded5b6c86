//! Grafana dashboards as outlines.

use serde_json::{Map, Value};

use crate::text::{flow, indented, take, take_list};

/// The title, variables, annotations and links, then rows and panels with units, thresholds and queries.
///
/// Settings that panels, links and queries share stand once, at the end, and are referred to by number:
/// `style 2`.
pub(crate) fn dashboard(value: &Value) -> String {
    let Value::Object(mut map) = value.clone() else {
        panic!("not a dashboard: {value}")
    };
    let mut text = format!("dashboard {}\n", take(&mut map, "title"));
    let panels = take_list(&mut map, "panels");
    for (kind, key) in [("variable", "templating"), ("annotation", "annotations")] {
        if let Some(Value::Object(holder)) = map.get_mut(key) {
            for mut one in take_list(holder, "list") {
                let name = take(&mut one, "name");
                text += &format!("{kind} {name} {}\n", flow(&Value::Object(one)));
            }
        }
    }
    for link in take_list(&mut map, "links") {
        text += &format!("link {}\n", flow(&Value::Object(link)));
    }
    text += &format!("settings {}\n", flow(&Value::Object(map)));
    let mut styles = Styles::default();
    for panel in panels {
        let is_row = panel.get("type").is_some_and(|kind| kind == "row");
        text += &if is_row { row(panel) } else { styles.panel(panel) };
    }
    for (number, style) in (1..).zip(&styles.0) {
        text += &format!("style {number}: {style}\n");
    }
    text
}

fn row(mut row: Map<String, Value>) -> String {
    let (kind, title) = (take(&mut row, "type"), take(&mut row, "title"));
    format!("{kind} {title} {}\n", flow(&Value::Object(row)))
}

/// Settings that are shared, each once.
#[derive(Debug, Default)]
struct Styles(Vec<String>);

// === impl Styles ===

impl Styles {
    /// A reference to settings, which are kept if they are new.
    fn reference(&mut self, settings: Map<String, Value>) -> String {
        let settings = flow(&Value::Object(settings));
        let known = self.0.iter().position(|one| *one == settings);
        let at = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push(settings);
        }
        format!("style {}", at + 1)
    }

    /// The type, title, place and description of a panel; then unit, thresholds and links; then a line for each
    /// link of its values, override, transformation and query.
    fn panel(&mut self, mut panel: Map<String, Value>) -> String {
        let (kind, title) = (take(&mut panel, "type"), take(&mut panel, "title"));
        let (id, place) = (take(&mut panel, "id"), take(&mut panel, "gridPos"));
        let description = take(&mut panel, "description");
        let links = take_list(&mut panel, "links");
        let queries = take_list(&mut panel, "targets");
        let transformations = take_list(&mut panel, "transformations");
        let (mut unit, mut overrides, mut value_links) = (String::new(), Vec::new(), Vec::new());
        if let Some(Value::Object(config)) = panel.get_mut("fieldConfig") {
            overrides = take_list(config, "overrides");
            if let Some(Value::Object(defaults)) = config.get_mut("defaults") {
                unit = format!("{}, {}", take(defaults, "unit"), thresholds(defaults));
                value_links = take_list(defaults, "links");
            }
        }
        let mut below = format!("{unit}; {}", self.reference(panel));
        for link in links {
            below += &format!("; {}", self.link(link));
        }
        below.push('\n');
        for (name, details) in [
            ("value link", value_links),
            ("override", overrides),
            ("transform", transformations),
        ] {
            for detail in details {
                below += &format!("{name} {}\n", flow(&Value::Object(detail)));
            }
        }
        for query in queries {
            below += &self.query(query);
        }
        format!("{kind} {title} {id} {place} {description}\n{}", indented(&below))
    }

    fn link(&mut self, mut link: Map<String, Value>) -> String {
        let (title, url) = (take(&mut link, "title"), take(&mut link, "url"));
        format!("{title} <{url}> {}", self.reference(link))
    }

    /// The letter, legend, settings and text of a query.
    fn query(&mut self, mut query: Map<String, Value>) -> String {
        let (id, legend) = (take(&mut query, "refId"), take(&mut query, "legendFormat"));
        let key = if query.contains_key("expr") { "expr" } else { "query" };
        let text = take(&mut query, key);
        format!("{id} {legend}; {}; {text}\n", self.reference(query))
    }
}

/// `absolute null green, 0.01 yellow`: the mode, then each step's lowest value and colour.
fn thresholds(defaults: &mut Map<String, Value>) -> String {
    let Some(Value::Object(mut thresholds)) = defaults.remove("thresholds") else {
        return String::new();
    };
    let mut steps = Vec::new();
    for mut step in take_list(&mut thresholds, "steps") {
        steps.push(format!("{} {}", take(&mut step, "value"), take(&mut step, "color")));
        assert!(step.is_empty(), "the outline leaves out {step:?}");
    }
    let mode = take(&mut thresholds, "mode");
    assert!(thresholds.is_empty(), "the outline leaves out {thresholds:?}");
    format!("{mode} {}", steps.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_panel_is_its_title_unit_thresholds_links_and_queries() {
        let steps = json!([{ "value": null, "color": "green" }, { "value": 0.05, "color": "red" }]);
        let panel = |id: u32, description: &str| {
            json!({ "id": id, "type": "stat", "title": "s: errors", "description": description, "gridPos": { "x": 1 },
                "links": [{ "title": "Runbook", "url": "/r", "icon": "doc" }],
                "fieldConfig": { "defaults": { "unit": "percentunit", "thresholds": { "mode": "absolute", "steps": steps } },
                    "overrides": [] },
                "targets": [{ "refId": "A", "legendFormat": "{{slo}}", "expr": "up == 0", "range": true }] })
        };
        let row = json!({ "type": "row", "title": "Errors", "panels": [] });
        let value = json!({ "title": "s: overview", "uid": "s", "templating": { "list": [{ "name": "job", "query": "q" }] },
            "panels": [row, panel(1, "First."), panel(2, "Second.")] });
        let panel = "  percentunit, absolute null green, 0.05 red; style 1; Runbook </r> style 2\n  A \"{{slo}}\"; style 3; up == 0\n";
        let expected = format!(
            "dashboard s: overview\nvariable job {{query: q}}\nsettings {{templating: {{}}, uid: s}}\nrow Errors {{panels: []}}\n\
             stat s: errors 1 {{x: 1}} First.\n{panel}stat s: errors 2 {{x: 1}} Second.\n{panel}\
             style 1: {{fieldConfig: {{defaults: {{}}}}}}\nstyle 2: {{icon: doc}}\nstyle 3: {{range: true}}\n"
        );
        assert_eq!(dashboard(&value), expected);
    }
}
