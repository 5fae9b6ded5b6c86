//! All files of Alertmanager.

use obs_rules::definition::Definition;

use super::{inhibition, receivers, routes};
use crate::{
    File,
    file::header,
    yaml::{self, Yaml},
};

/// Where mail goes: the name of a relay in the network of the Compose file.
const RELAY: &str = "smtp:25";

/// The texts. Labels and annotations are data there: nothing in them is read as a template again.
const TEMPLATES: &str = r#"{{- define "obs.title" -}}
[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .CommonLabels.severity | toUpper }} {{ .CommonLabels.service }}: {{ .GroupLabels.alertname }}
{{- end -}}

{{- define "obs.link" -}}
{{ with .CommonAnnotations.runbook_url }}{{ . }}{{ else }}{{ .ExternalURL }}{{ end }}
{{- end -}}

{{- define "obs.text" -}}
{{- range .Alerts }}
{{ .Annotations.summary }}
{{ with .Annotations.description }}{{ . }}
{{ end }}{{ with .Annotations.runbook_url }}Runbook: {{ . }}
{{ end }}{{ with .Annotations.dashboard_url }}Dashboard: {{ . }}
{{ end }}{{ with .GeneratorURL }}Query: {{ . }}
{{ end }}Since: {{ .StartsAt }}{{ if eq .Status "resolved" }}, over since {{ .EndsAt }}{{ end }}
{{ end }}
{{- end -}}
"#;

/// All files of Alertmanager.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    vec![
        File::new("alertmanager/alertmanager.yml", yaml::document(&about(definition), &config(definition))),
        File::new("alertmanager/templates/obs.tmpl", templates()),
    ]
}

fn templates() -> String {
    let about = header("", "Texts of notifications.");
    format!("{{{{/*\n{}\n*/}}}}\n{TEMPLATES}", about.trim())
}

fn about(definition: &Definition) -> String {
    let secrets = receivers::secrets(definition);
    if secrets.is_empty() {
        return "Who is told of which alert, and when.".to_owned();
    }
    format!(
        "Who is told of which alert, and when. The receivers read these secrets from files below /run/secrets:\n{}.",
        secrets.join(", ")
    )
}

fn config(definition: &Definition) -> Yaml {
    let mut global = Yaml::map([("resolve_timeout", "5m".into())]);
    if receivers::need_mail(definition) {
        global = global
            .with("smtp_smarthost", RELAY)
            .with("smtp_from", "alertmanager@localhost")
            .with("smtp_require_tls", false);
    }
    Yaml::map([
        ("global", global),
        ("templates", Yaml::list(["templates/*.tmpl"])),
        ("route", routes::tree(definition)),
        ("receivers", receivers::all(definition)),
        ("inhibit_rules", inhibition::rules(definition)),
    ])
}
