# $rows and $values as one document: of each row its median and its spread, and
# the medians of what was counted.
def median: sort | if length == 0 then null
    elif length % 2 == 1 then .[length / 2 | floor]
    else (.[length / 2 - 1] + .[length / 2]) / 2 end;

# objects with numbers: one object with their medians
def medians: map(select(. != null)) |
    if length == 0 then null else
        . as $all | (.[0] | keys) |
        map({key: ., value: (. as $name | $all | map(.[$name]) | median)}) |
        from_entries end;

{kind: $kind, date: $at, seconds: $seconds, cores: $cores,
    fsync_micros: $fsync, notes: ($notes | split("\n") | map(select(. != ""))),
    rows: [$rows[] | . as $row |
        ($values | map(select(.row == $row.name))) as $mine |
        ($mine | map(.value)) as $numbers |
        $row + {rounds: ($mine | length), value: ($numbers | median),
            least: ($numbers | min), most: ($numbers | max),
            till: ($mine | map(.till) | medians),
            reference: ($mine | map(.reference) | medians)} |
        . + {holds: (if .goal == "least" then .value >= .target
            elif .goal == "most" then .value <= .target else null end)}]}
