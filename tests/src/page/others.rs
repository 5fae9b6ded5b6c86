//! Pages that were written by others.

/// What stands for a help text that there isn't.
const NO_HELP: &str = "(none)";

/// The page as we would have written it.
pub(super) fn as_ours(page: &str) -> String {
    let mut ours = String::new();
    let mut helped = "";
    for line in page.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("# HELP ").and_then(|rest| rest.split(' ').next()) {
            helped = name;
        } else if let Some(name) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split(' ').next())
            && name != helped
        {
            ours.extend(["# HELP ", name, " ", NO_HELP, "\n"]);
        }
        ours.push_str(&with_float_bound(line));
        ours.push('\n');
    }
    ours
}

/// `le="1"` as `le="1.0"`.
fn with_float_bound(line: &str) -> String {
    let Some((before, rest)) = line.split_once("le=\"") else {
        return line.to_owned();
    };
    match rest.split_once('"') {
        Some((bound, after)) if !bound.is_empty() && bound.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{before}le=\"{bound}.0\"{after}")
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_go_bounds_become_floats_and_help_is_added() {
        let page =
            "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\n\n# HELP b B.\n# TYPE b gauge\nb 1\n";
        let ours = "# HELP a (none)\n# TYPE a histogram\na_bucket{le=\"1.0\"} 1\na_bucket{le=\"+Inf\"} 1\n# HELP b B.\n# TYPE b gauge\nb 1\n";
        assert_eq!(as_ours(page), ours);
    }
}
