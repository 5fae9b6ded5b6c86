//! The same service on both frameworks, asked in the process.

use obs_core::Obs;

/// A request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) version: http::Version,
    /// The header `x-tier`.
    pub(crate) tier: Option<&'static str>,
}

/// What is asked for everywhere: two of a route under different tiers, an error, a path that there
/// isn't.
pub(crate) const ASKS: [Ask; 4] = [
    Ask {
        tier: Some("paid"),
        ..get("/users/7")
    },
    Ask {
        tier: Some("gold"),
        version: http::Version::HTTP_2,
        ..get("/users/8")
    },
    Ask {
        tier: Some("free"),
        ..get("/fail")
    },
    get("/nowhere"),
];

pub(crate) const fn get(path: &'static str) -> Ask {
    Ask {
        method: "GET",
        path,
        version: http::Version::HTTP_11,
        tier: None,
    }
}

/// An instance whose duration histograms have one bucket, in which all requests are.
pub(crate) fn instance() -> Obs {
    let builder = Obs::builder("test")
        .log_writer(std::io::sink())
        .duration_buckets([3_600.0]);
    builder.build().expect("valid settings")
}

/// The layer of either framework with metrics alone, and the label `tier` from the header `x-tier`.
#[macro_export]
macro_rules! with_tiers {
    ($layer:expr, $obs:expr) => {
        $layer
            .obs($obs)
            .logs(false)
            .traces(false)
            .label("tier", ["free", "paid"], |request| {
                request.headers.get("x-tier")?.to_str().ok()
            })
    };
}

/// The RED metrics of the page; what time it took is `T`.
pub(crate) fn red_page(obs: &Obs) -> String {
    let page = obs_tests::page::text_of(obs.registry());
    let of_red = page
        .lines()
        .filter(|line| line.split(' ').any(|word| word.starts_with("http_")));
    let timeless = of_red.map(|line| match line.rsplit_once(' ') {
        Some((series, _)) if series.contains("duration_seconds_sum") => format!("{series} T\n"),
        _ => format!("{line}\n"),
    });
    timeless.collect()
}
