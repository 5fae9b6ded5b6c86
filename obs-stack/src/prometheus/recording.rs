//! Recording rules: RED by service and by endpoint, and the golden signals that RED lacks.
//!
//! Names are `level:metric:operations`: the labels that are left, the metric without `_total`, what was
//! done to it, the last first.

use obs_alert::{
    Condition, Naming, Scope, Tally,
    definition::Service,
    promql::{Expr, Window},
};
use obs_core::{
    metrics::Convention,
    names::{cache, database, label, metric},
};

use super::rules::{Group, OFTEN, Rule};

const WINDOW: Window = Window::minutes(5);
const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

/// The recording rules of a service.
pub(super) fn groups(service: &Service) -> Vec<Group> {
    let name = |kind: &str| format!("{}.{kind}", service.name);
    let groups = [
        Group::new(name("red"), OFTEN, red(service)),
        Group::new(name("endpoints"), OFTEN, endpoints(service)),
        Group::new(name("saturation"), OFTEN, saturation(service)),
        Group::new(name("clients"), OFTEN, clients(service)),
    ];
    groups.into_iter().flatten().collect()
}

/// Rate, errors, duration of the whole service.
fn red(service: &Service) -> Vec<Rule> {
    let (naming, all) = (service.naming(), Scope::service());
    let requests = requests(&naming);
    let mut rules = vec![Rule::record(service, format!("job:{requests}:rate5m"), &naming.requests(&all).rate(WINDOW))];
    if let Some(ratio) = Condition::error_ratio(WINDOW, 0.0).value_promql(&naming) {
        rules.push(Rule::record(service, format!("job:{requests}_failed_per_{requests}:ratio_rate5m"), &ratio));
    }
    let buckets = || Expr::rate(&naming.duration_buckets(&all), WINDOW).sum_by(&[label::LE]);
    rules.extend(quantiles(service, &format!("job_quantile:{}:rate5m", naming.duration()), buckets));
    rules
}

/// The same by method and endpoint.
fn endpoints(service: &Service) -> Vec<Rule> {
    let (naming, all) = (service.naming(), Scope::service());
    let labels = [naming.method_label(), naming.endpoint_label()];
    let level = format!("job_{}_{}", labels[0], labels[1]);
    let requests = requests(&naming);
    let by = |tally: &Tally| rate_by(tally, &labels);
    let counted = || by(&naming.counted(&all));
    let none = Expr::number(0.0) * counted();
    let ratio = by(&naming.errors(&all)).or(none) / counted().above_zero();
    let buckets = || Expr::rate(&naming.duration_buckets(&all), WINDOW).sum_by(&[labels[0], labels[1], label::LE]);
    let mut rules = vec![
        Rule::record(service, format!("{level}:{requests}:rate5m"), &by(&naming.requests(&all))),
        Rule::record(service, format!("{level}:{requests}_failed_per_{requests}:ratio_rate5m"), &ratio),
    ];
    rules.extend(quantiles(service, &format!("{level}_quantile:{}:rate5m", naming.duration()), buckets));
    rules
}

/// How full it is: requests at once, pools, caches.
fn saturation(service: &Service) -> Vec<Rule> {
    let naming = service.naming();
    let in_flight = naming.in_flight(&Scope::service());
    let mut rules =
        vec![Rule::record(service, format!("job:{}:sum", in_flight.metric()), &Expr::instant(&in_flight).sum())];
    let cpu = Expr::rate(&naming.of(metric::PROCESS_CPU.base()), WINDOW).sum();
    rules.push(Rule::record(service, "job:process_cpu_seconds:rate5m", &cpu));
    let (open, max) = (metric::PROCESS_OPEN_FDS.base(), metric::PROCESS_MAX_FDS.base());
    let fullest = Expr::instant(&naming.of(open)) / Expr::instant(&naming.of(max)).above_zero();
    rules.push(Rule::record(service, format!("job:{open}_per_{max}:max_ratio"), &fullest.call("max")));
    if !service.databases.is_empty() {
        let name = |def: &obs_core::names::MetricDef| def.name(database::DEFAULT_NAMESPACE);
        let (active, max) = (name(&database::CONNECTIONS_ACTIVE), name(&database::CONNECTIONS_MAX));
        let by_pool = |name: &str| Expr::instant(&naming.of(name)).sum_by(&[label::POOL]);
        let used = by_pool(&active) / by_pool(&max).above_zero();
        rules.push(Rule::record(service, format!("job_pool:{active}_per_{max}:ratio"), &used));
    }
    if !service.caches.is_empty() {
        let rate = |def: &obs_core::names::MetricDef| {
            Expr::rate(&naming.of(def.name(cache::DEFAULT_NAMESPACE)), WINDOW).sum_by(&[label::CACHE])
        };
        let hit = rate(&cache::HITS) / (rate(&cache::HITS) + rate(&cache::MISSES)).above_zero();
        rules.push(Rule::record(service, "job_cache:cache_hits_per_cache_lookups:ratio_rate5m", &hit));
    }
    rules
}

/// Rate, errors, duration of its calls of other services.
fn clients(service: &Service) -> Vec<Rule> {
    if !service.has_clients {
        return Vec::new();
    }
    let naming = service.naming();
    let calls = "http_client_requests";
    let (all, failed) = (naming.client_calls(), naming.client_errors());
    let ratio = failed.rate(WINDOW).or_zero() / all.rate(WINDOW).above_zero();
    vec![
        Rule::record(service, format!("job:{calls}:rate5m"), &all.rate(WINDOW)),
        Rule::record(service, format!("job:{calls}_failed_per_{calls}:ratio_rate5m"), &ratio),
    ]
}

/// One rule for each quantile, which is a label.
fn quantiles(service: &Service, name: &str, buckets: impl Fn() -> Expr) -> Vec<Rule> {
    QUANTILES
        .into_iter()
        .map(|quantile| {
            // Without requests a quantile is NaN, which would poison what is made of the recorded series.
            let value = buckets().histogram_quantile(quantile).at_least(0.0);
            Rule::record(service, name, &value).label(label::QUANTILE, quantile.to_string())
        })
        .collect()
}

/// The rates of series that never overlap, added up by labels.
fn rate_by(tally: &Tally, labels: &[&str]) -> Expr {
    let rates = tally.selectors().iter().map(|selector| Expr::rate(selector, WINDOW));
    let all = rates.reduce(Expr::or).unwrap_or_else(|| Expr::number(0.0).call("vector"));
    all.sum_by(labels)
}

/// The counter of requests without `_total`; the convention of OpenTelemetry counts durations instead.
fn requests(naming: &Naming) -> String {
    match naming.convention() {
        Convention::Guide => {
            let name = metric::REQUESTS.name(naming.namespace());
            name.strip_suffix("_total").unwrap_or(&name).to_owned()
        }
        Convention::OpenTelemetry => "http_server_requests".to_owned(),
    }
}
