-- What wrk has measured, on one line: requests, requests per second, p50 and p99 in microseconds, errors.
done = function(summary, latency)
    local errors = summary.errors
    io.write(string.format("figures: %d %.0f %.0f %.0f %d\n",
        summary.requests,
        summary.requests / summary.duration * 1e6,
        latency:percentile(50),
        latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
