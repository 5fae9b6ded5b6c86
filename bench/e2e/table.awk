# The medians of the rounds as a table; parts are those of the bare server in the same round. A line in:
# name|requests rate p50 p99 errors|requests-in-metrics lines spans|the warm-up's figures
BEGIN { FS = "|" }

{
    name = $1
    if (!(name in rounds)) order[++names] = name
    round = ++rounds[name]
    split($2, figures, " ")
    split($3, work, " ")
    split($4, warm_up, " ")
    rate[name, round] = figures[2]
    p50[name, round] = figures[3]
    p99[name, round] = figures[4]
    errors[name] += figures[5] + warm_up[5]
    sent[name] += figures[1] + warm_up[1]
    requests[name] += work[1]
    lines[name] += work[2]
    spans[name] += work[3]
}

# The middle one of the rounds.
function median(values, name,    count, i, j, sorted, value) {
    count = rounds[name]
    for (i = 1; i <= count; i++) {
        value = values[name, i] + 0
        for (j = i - 1; j >= 1 && sorted[j] > value; j--) sorted[j + 1] = sorted[j]
        sorted[j + 1] = value
    }
    return sorted[int((count + 1) / 2)]
}

END {
    print "| server | requests/s | of bare | p50, µs | p99, µs | of bare | requests sent | in metrics | lines | spans | errors |"
    print "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    bare = order[1]
    for (i = 1; i <= names; i++) {
        name = order[i]
        for (round = 1; round <= rounds[name]; round++) {
            part[name, round] = rate[name, round] / rate[bare, round]
            tail[name, round] = p99[name, round] / p99[bare, round]
        }
        printf "| %s | %d | %.1f %% | %d | %d | %.2f | %d | %d | %d | %d | %d |\n", name,
            median(rate, name), 100 * median(part, name),
            median(p50, name), median(p99, name), median(tail, name),
            sent[name], requests[name], lines[name], spans[name], errors[name]
    }
}
