# result.json as an SVG: how each row stands to its goal, the spread as a bar.
# Right of the line at 1 it is better than the goal; the axis is logarithmic.
def text: @html;
def goodness(number): if .goal == "least" then number / .target
    else .target / ([number, 0.001] | max) end;
# 0.25 to 8 fit, in octaves; what is beyond stands at the edge
def x: 520 + 80 * ([[. , 0.26] | max, 7.9] | min | log2);

[.rows[] | select(.goal != "none")] as $rows |
($rows | length) as $count |
"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\" height=\"\(60 + 26 * $count)\" font-family=\"sans-serif\" font-size=\"11\">",
"<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
"<text x=\"10\" y=\"18\" font-size=\"13\">Till beside its goals, \(.date | text) (\(.kind | text))</text>",
(0.25, 0.5, 1, 2, 4, 8 | . as $tick | ($tick | log2 * 80 + 520) as $at |
    "<line x1=\"\($at)\" x2=\"\($at)\" y1=\"28\" y2=\"\(34 + 26 * $count)\" stroke=\"\(if $tick == 1 then "#333" else "#ddd" end)\"/>",
    "<text x=\"\($at)\" y=\"\(48 + 26 * $count)\" text-anchor=\"middle\">\($tick)</text>"),
($rows | to_entries[] | (46 + 26 * .key) as $y | .value |
    (goodness(.least) | x) as $one | (goodness(.most) | x) as $other |
    "<text x=\"10\" y=\"\($y)\">\(.title | text)</text>",
    "<line x1=\"\($one)\" x2=\"\($other)\" y1=\"\($y + 6)\" y2=\"\($y + 6)\" stroke=\"\(if .holds then "#393" else "#c33" end)\" stroke-width=\"3\"/>",
    "<circle cx=\"\(goodness(.value) | x)\" cy=\"\($y + 6)\" r=\"4\" fill=\"\(if .holds then "#393" else "#c33" end)\"/>"),
"</svg>"
