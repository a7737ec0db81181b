# result.json as the table that is printed.
def digits($count): if . == null then "" else
    (. * pow(10; $count) | round) as $n | ($n | fabs | tostring) as $text |
    (("0" * ([$count + 1 - ($text | length), 0] | max)) // "") + $text |
    if $count == 0 then . else .[:-$count] + "." + .[-$count:] end |
    if $n < 0 then "-" + . else . end end;
def right(width): (" " * ([width - length, 0] | max) // "") + .;
def left(width): . + (" " * ([width - length, 0] | max) // "");
def number: digits(if . == null then 0 elif . >= 100 then 0
    elif . >= 10 then 1 else 2 end);
def unit: if . == "ratio" then "" else " " + . end;
def goal: if .goal == "none" then "" else
    (if .goal == "least" then "≥ " else "≤ " end) +
    (.target | number) + (.unit | unit) end;
def of(name): if . == null or .[name] == null then "" else .[name] | number end;
# wrk's microseconds as milliseconds
def ms(name): if . == null or .[name] == null or .rate == null then ""
    else .[name] / 1000 | digits(2) end;
# requests that one core's time would do, nginx and the program taken together
def per_core: if . == null or .nginx_micros == null then ""
    else 1e6 / ([.nginx_micros + .program_micros, 1] | max) | digits(0) end;

("Till, measured \(.date): \(.kind), \(.cores) cores, an fsync takes " +
    "\(.fsync_micros) µs. Median of the rounds, and the least and the most."),
"",
([("what" | left(72)), ("median" | right(9)), ("spread" | right(15)),
    ("goal" | left(11)), ("p50 ms" | right(7)), ("p99 ms" | right(7)),
    ("p99.9" | right(7)), ("/s/core" | right(8)), ("its ref." | right(8))] |
    join(" ") | sub(" +$"; "")),
(.rows[] | [(.title | left(72)),
    ((.value | number) + (.unit | unit) | right(9)),
    ("\(.least | number) – \(.most | number)" | right(15)),
    (goal + (if .holds == false then " ✗" else "" end) | left(11)),
    (.till | ms("p50") | right(7)), (.till | ms("p99") | right(7)),
    (.till | ms("p999") | right(7)), (.till | per_core | right(8)),
    (.reference | per_core | right(8))] | join(" ") | sub(" +$"; "")),
"",
"✗: not reached. /s/core: requests for each second of processor time that",
"nginx and the program took; its ref.: the same of the reference.",
.notes[]
